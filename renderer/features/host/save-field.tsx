import { PathField, type PathFieldProps } from './path-field.tsx';

/** The path of a file to be made on the host: typed, its folder chosen from those there are. */
export function SaveField(props: PathFieldProps) {
  const name = props.value.slice(props.value.lastIndexOf('/') + 1);
  const apply = (folder: string): string => `${folder === '/' ? '' : folder}/${name}`;
  const chooser = { button: 'Folder…', buttonWidth: 78, title: `${props.label}: folder`, kind: 'folder', apply } as const;
  return <PathField {...props} chooser={chooser} />;
}
