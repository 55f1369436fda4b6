import { createTheme, type MantineColorsTuple, Modal, Popover, Tooltip } from '@mantine/core';

/** Warm greys, as of granite: text, lines and surfaces of the light window. */
const stone: MantineColorsTuple = [
  '#fafaf8',
  '#f4f4f1',
  '#e9e8e3',
  '#dcdad3',
  '#c5c2b8',
  '#a19d91',
  '#78746a',
  '#5c5951',
  '#403e38',
  '#282722',
];

/** The one accent. */
const moss: MantineColorsTuple = [
  '#f3f7ec',
  '#e4edd6',
  '#cbdcb4',
  '#aec98d',
  '#96b86f',
  '#7ea355',
  '#65883f',
  '#4f6f30',
  '#3f5926',
  '#30441d',
];

/** Surfaces of the dark window: index 0 is text, 7 the page, 9 the deepest. */
const dark: MantineColorsTuple = [
  '#d9d7cf',
  '#b5b2a9',
  '#8f8c83',
  '#66645d',
  '#3a3934',
  '#2f2e2a',
  '#262522',
  '#1d1c1a',
  '#171614',
  '#100f0e',
];

/** For what destroys and what failed. */
const red: MantineColorsTuple = [
  '#fdf3f1',
  '#fbe3df',
  '#f4c3bc',
  '#eda095',
  '#e58a7d',
  '#d9695a',
  '#c6493a',
  '#b3362a',
  '#932a20',
  '#742119',
];

const systemFont =
  "system-ui, 'Adwaita Sans', Cantarell, 'Noto Sans', Ubuntu, 'Segoe UI', 'DejaVu Sans', 'Liberation Sans', sans-serif";
const systemMono =
  "ui-monospace, 'Adwaita Mono', 'JetBrains Mono', 'Noto Sans Mono', 'Ubuntu Mono', 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/** How everything looks: stone and moss, lines rather than shadows, an 8-pixel rhythm. */
export const theme = createTheme({
  colors: { stone, moss, red, gray: stone, dark },
  primaryColor: 'moss',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.34,
  black: '#22211d',
  fontFamily: systemFont,
  fontFamilyMonospace: systemMono,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: {
    fontFamily: systemFont,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.5' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  shadows: {
    md: '0 4px 16px rgb(0 0 0 / 10%), 0 1px 3px rgb(0 0 0 / 8%)',
    xl: '0 16px 48px rgb(0 0 0 / 18%), 0 2px 6px rgb(0 0 0 / 10%)',
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 30 } },
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.4 },
        transitionProps: { duration: 120 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    }),
    // The focus goes to the first item at once, not to a placeholder that is none.
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 }, withInitialFocusPlaceholder: false } },
    Popover: Popover.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, transitionProps: { duration: 80 }, withArrow: false } }),
    TextInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    TagsInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
  },
});
