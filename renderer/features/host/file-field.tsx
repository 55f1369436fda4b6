import type { FileKind } from './list-files.ts';
import { PathField, type PathFieldProps } from './path-field.tsx';

/** A path of the host: typed, or chosen from its folders. */
export function FileField({ kind, ...props }: PathFieldProps & { kind: FileKind }) {
  const chooser = { button: 'Choose…', buttonWidth: 86, title: props.label, kind, apply: (path: string) => path };
  return <PathField {...props} chooser={chooser} />;
}
