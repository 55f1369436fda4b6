import { Loader } from '@mantine/core';
import { useWindow } from './app-context.tsx';
import { describeError } from './format.ts';

/** Says that the window lost its core, and that it is trying to come back. */
export function ConnectionBar() {
  const connection = useWindow((state) => state.connection);
  const wasConnected = useWindow((state) => state.wasConnected);
  const reason = useWindow((state) => state.lostReason);
  if (connection === 'connected' || (connection === 'connecting' && !wasConnected)) return null;
  return (
    <div className="connection-bar" role="status">
      <Loader size={14} color="orange" />
      <span>
        {wasConnected ? 'The connection to Bothy is lost.' : 'Bothy does not answer.'}{' '}
        {reason === null || reason.code === 'disconnected'
          ? 'Trying again. Machines go on running meanwhile.'
          : describeError(reason)}
      </span>
    </div>
  );
}
