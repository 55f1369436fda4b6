export function SettingsTab(_props: Record<string, unknown>) {
  return <p>soon</p>;
}
