import { Button } from '@mantine/core';

/** What a link to a machine that is gone shows. */
export function MissingMachine() {
  return (
    <div className="page-missing">
      <h1>This machine is gone</h1>
      <p>It was deleted here, from the command line, or in another window.</p>
      <Button component="a" href="#/" variant="default">
        Back to the start
      </Button>
    </div>
  );
}
