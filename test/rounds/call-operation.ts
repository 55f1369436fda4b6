/** Calls an operation by its name, such as `machine.start`, on a client of any transport, or on a core's own handlers. */
export function callOperation(client: object, operation: string, input: object): Promise<unknown> {
  const [noun = '', verb = ''] = operation.split('.');
  const calls = (client as Record<string, Record<string, (input: object, context: object) => Promise<unknown>>>)[noun];
  const call = calls?.[verb];
  if (call === undefined) throw new Error(`there is no operation ${operation}`);
  return call(input, {});
}
