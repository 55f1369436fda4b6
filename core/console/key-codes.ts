import { AppError } from '../../contract/app-error.ts';

/** Names people use for keys, and QEMU's QKeyCode (qapi/ui.json) for each. Other QKeyCodes are taken as they are. */
const aliases: Record<string, string> = {
  control: 'ctrl',
  option: 'alt',
  altgr: 'alt_r',
  super: 'meta_l',
  win: 'meta_l',
  meta: 'meta_l',
  del: 'delete',
  ins: 'insert',
  escape: 'esc',
  enter: 'ret',
  return: 'ret',
  space: 'spc',
  pageup: 'pgup',
  pagedown: 'pgdn',
  bksp: 'backspace',
  capslock: 'caps_lock',
  printscreen: 'print',
  '-': 'minus',
  '=': 'equal',
};

const qKeyCodes = new Set(
  (
    'shift shift_r alt alt_r ctrl ctrl_r menu esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab q w e r t y u i o p bracket_left ' +
    'bracket_right ret a s d f g h j k l semicolon apostrophe grave_accent backslash z x c v b n m comma dot slash asterisk spc ' +
    'caps_lock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 num_lock scroll_lock kp_divide kp_multiply kp_subtract kp_add kp_enter ' +
    'kp_decimal sysrq kp_0 kp_1 kp_2 kp_3 kp_4 kp_5 kp_6 kp_7 kp_8 kp_9 less home pgup pgdn end left up down right insert delete ' +
    'print pause meta_l meta_r compose stop again props undo front copy open paste find cut lf help ro hiragana henkan yen ' +
    'muhenkan katakanahiragana kp_comma kp_equals power sleep wake audionext audioprev audiostop audioplay audiomute volumeup ' +
    'volumedown mediaselect mail calculator computer ac_home ac_back ac_forward ac_refresh ac_bookmarks'
  ).split(' '),
);

/** Parses a chord such as `ctrl-alt-del` into QKeyCodes. Throws `invalid-input` naming the key that is not known. */
export function parseChord(chord: string): string[] {
  // A dash is the separator, but can itself be the last key: `ctrl--`.
  const parts = chord.endsWith('-') ? [...chord.slice(0, -1).split('-').filter(Boolean), '-'] : chord.split('-');
  return parts.map((part) => {
    const name = part.toLowerCase();
    const code = aliases[name] ?? name;
    if (qKeyCodes.has(code)) return code;
    throw new AppError('invalid-input', `“${part}” in “${chord}” is not a known key.`, {
      hint: 'Write keys like a, f2, ctrl, alt, shift, super, esc, tab, enter, del, up, pgdn, joined by dashes: ctrl-alt-del.',
    });
  });
}

const plain: Record<string, string> = {
  ' ': 'spc',
  '\n': 'ret',
  '\t': 'tab',
  '-': 'minus',
  '=': 'equal',
  '[': 'bracket_left',
  ']': 'bracket_right',
  ';': 'semicolon',
  "'": 'apostrophe',
  '`': 'grave_accent',
  '\\': 'backslash',
  ',': 'comma',
  '.': 'dot',
  '/': 'slash',
};
/** What shift makes of a key on a US keyboard. */
const shifted: Record<string, string> = Object.fromEntries(
  [...'!@#$%^&*()_+{}:"~|<>?'].map((character, index) => {
    const base = "1234567890-=[];'`\\,./"[index] ?? '';
    return [character, plain[base] ?? base];
  }),
);

/** The chord that types a character on a US keyboard. Throws `invalid-input` for what has no key there. */
export function findChordFor(character: string): string[] {
  if (/^[a-z0-9]$/.test(character)) return [character];
  if (/^[A-Z]$/.test(character)) return ['shift', character.toLowerCase()];
  const code = plain[character];
  if (code !== undefined) return [code];
  const base = shifted[character];
  if (base !== undefined) return ['shift', base];
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw new AppError('invalid-input', `The character U+${point} has no key on a US keyboard, so it cannot be typed.`, {
    hint: 'Type it in the guest another way, or use the serial console.',
  });
}
