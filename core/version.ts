/** Bothy's own version; a test holds it against package.json, which the core cannot import once it is bundled. */
export const bothyVersion = '0.1.0';
