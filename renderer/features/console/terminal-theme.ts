import type { ITheme } from '@xterm/xterm';

/** The terminal's colours, chosen to be read on the window's surfaces. */
export function buildTerminalTheme(scheme: 'light' | 'dark'): ITheme {
  return scheme === 'dark' ? dark : light;
}

const dark: ITheme = {
  background: '#141311',
  foreground: '#d9d7cf',
  cursor: '#96b86f',
  cursorAccent: '#141311',
  selectionBackground: '#3f5926',
  black: '#2f2e2a',
  red: '#ef8578',
  green: '#96c275',
  yellow: '#e0b45c',
  blue: '#7fb5dc',
  magenta: '#cf9bd4',
  cyan: '#7cc4bb',
  white: '#d9d7cf',
  brightBlack: '#8f8c83',
  brightRed: '#ff9d90',
  brightGreen: '#aed98a',
  brightYellow: '#f2ca77',
  brightBlue: '#9ccbed',
  brightMagenta: '#e2b4e6',
  brightCyan: '#97dad1',
  brightWhite: '#f4f4f1',
};

const light: ITheme = {
  background: '#fbfaf7',
  foreground: '#22211d',
  cursor: '#4f6f30',
  cursorAccent: '#fbfaf7',
  selectionBackground: '#cbdcb4',
  black: '#22211d',
  red: '#b3362a',
  green: '#3c7a35',
  yellow: '#8f5a0a',
  blue: '#2b6690',
  magenta: '#87408f',
  cyan: '#1f716a',
  white: '#78746a',
  brightBlack: '#5c5951',
  brightRed: '#c94435',
  brightGreen: '#4a8f42',
  brightYellow: '#a76c14',
  brightBlue: '#3a7bac',
  brightMagenta: '#9c51a5',
  brightCyan: '#2a857d',
  brightWhite: '#403e38',
};
