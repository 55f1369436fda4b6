import { Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { CopyAction } from '../../ui/copy-action.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { groupArguments } from './group-arguments.ts';

/** The exact command line of QEMU, to read and to copy. */
export function QemuCard({ id }: { id: string }) {
  const { client } = useApp();
  const { run, error } = useAction();
  const [command, setCommand] = useState<{ argv: readonly string[]; shell: string; running: boolean } | null>(null);
  const revision = useMachines((state) => state.revisions.get(id));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a started or changed machine has another command line
  useEffect(() => {
    void run(async (signal) => setCommand(await client.call.machine.qemu({ machine: id }, { signal })));
  }, [client, id, run, revision]);
  return (
    <section className="card" aria-label="QEMU command line">
      <div className="card-head">
        <h2 className="card-title">
          QEMU command line{' '}
          <span className="card-soft">
            {command === null ? '' : command.running ? 'of the running process' : 'of the next start'}
          </span>
        </h2>
        {command === null ? null : <CopyAction value={command.shell} label="Copy the command line" />}
      </div>
      {error === null ? null : <ErrorNotice error={error} />}
      {command === null && error === null ? <Loader size="sm" type="dots" /> : null}
      {command === null ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the arrow keys scroll what has the focus
        <pre className="code-block mono" data-testid="qemu-command" tabIndex={0}>
          {groupArguments(command.argv).map((line, index) => {
            const [option = '', ...value] = line.split(' ');
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: an option may occur twice, and lines never move
              <div key={index} className="code-line" data-first={index === 0}>
                {index === 0 ? line : <span className="code-option">{option}</span>}
                {index === 0 || value.length === 0 ? '' : ` ${value.join(' ')}`}
              </div>
            );
          })}
        </pre>
      )}
    </section>
  );
}
