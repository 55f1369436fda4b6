/** A file's text, taken in when this is built (Vite's `?raw`). */
declare module '*?raw' {
  const text: string;
  export default text;
}
