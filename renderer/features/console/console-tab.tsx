export function ConsoleTab(_props: Record<string, unknown>) {
  return <p>soon</p>;
}
