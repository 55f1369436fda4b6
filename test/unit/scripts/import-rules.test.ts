import { describe, expect, it } from 'vitest';
import { findForbiddenImports, findImports } from '../../../scripts/import-rules.mjs';

describe('import boundaries', () => {
  it.each([
    ['contract/a.ts', "import { a } from '../core/a.ts';"],
    ['contract/a.ts', "import fs from 'node:fs';"],
    ['contract/a.ts', "import { execa } from 'execa';"],
    ['core/a/b.ts', "import type { BrowserWindow } from 'electron';"],
    ['core/a/b.ts', "import { useState } from 'react';"],
    ['core/a/b.ts', "import http from 'node:http';"],
    ['core/a/b.ts', "import http from 'http';"],
    ['core/a/b.ts', "import { WebSocketServer } from 'ws';"],
    ['core/a/b.ts', "export * from '../../cli/a.ts';"],
    ['core/a/b.ts', "type A = import('../../server/a.ts').A;"],
    ['core/a/b.ts', "const a = await import('../../electron/main/a.ts');"],
    ['core/a/b.ts', "import { a } from '../../renderer/a.tsx';"],
    ['core/a/b.ts', "import { a } from '../../test/kit/a.ts';"],
    ['electron/main/a.ts', "import { a } from '../../server/a.ts';"],
    ['electron/main/a.ts', "import { a } from '../preload/a.ts';"],
    ['electron/main/a.ts', "import { a } from '../../renderer/a.ts';"],
    ['electron/preload/a.ts', "import fs from 'node:fs';"],
    ['electron/preload/a.ts', "import { os } from '@orpc/server';"],
    ['server/a.ts', "import { a } from '../cli/a.ts';"],
    ['server/a.ts', "import { app } from 'electron';"],
    ['cli/a.ts', "import { a } from '../electron/main/a.ts';"],
    ['cli/a.ts', "import { a } from '../server/a.ts';"],
    ['cli/a.ts', "import { app } from 'electron';"],
    ['renderer/a.tsx', "import { a } from '../core/a.ts';"],
    ['renderer/a.tsx', "import type { A } from '../core/core.ts';"],
    ['renderer/a.tsx', "import fs from 'node:fs';"],
    ['renderer/a.tsx', "import fs from 'fs/promises';"],
    ['renderer/a.tsx', "import { ipcRenderer } from 'electron';"],
    ['renderer/a.tsx', "import { execa } from 'execa';"],
  ])('%s refuses %s', (file, code) => {
    expect(findForbiddenImports(file, code)).toHaveLength(1);
  });

  it.each([
    ['contract/a.ts', "import { z } from 'zod'; import { oc } from '@orpc/contract'; import { a } from './b.ts';"],
    ['core/a/b.ts', "import fs from 'node:fs'; import { execa } from 'execa'; import { a } from '../../contract/index.ts';"],
    ['electron/main/a.ts', "import { app } from 'electron'; import { a } from '../../core/core.ts';"],
    ['electron/preload/a.ts', "import { contextBridge } from 'electron'; import type { A } from '../../contract/index.ts';"],
    ['server/a.ts', "import http from 'node:http'; import { WebSocketServer } from 'ws'; import { a } from '../core/core.ts';"],
    ['cli/a/b.ts', "import { Command } from 'commander'; const { serve } = await import('../../server/serve.ts');"],
    [
      'renderer/a.tsx',
      "import { Button } from '@mantine/core'; import RFB from '@novnc/novnc'; import { a } from '../contract/index.ts';",
    ],
    ['test/unit/a.test.ts', "import { a } from '../../core/a.ts'; import { b } from '../../cli/b.ts';"],
  ])('%s may have %s', (file, code) => {
    expect(findForbiddenImports(file, code)).toEqual([]);
  });

  it('sees real imports only', () => {
    const code =
      "// import 'electron'\nconst text = \"import 'electron'\";\nexport const a = <div>import 'electron'</div>;\nexport default text;";
    expect(findImports('renderer/a.tsx', code)).toEqual([]);
  });
});
