import { Loader, Modal } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Image, ImageInfo } from '../../../contract/image.ts';
import { useApp } from '../../ui/app-context.tsx';
import { CopyAction } from '../../ui/copy-action.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { Fact } from '../machine/fact.tsx';
import { describeRole, findName, formatWords, listOtherUsers, nameFully } from './image-words.ts';

/** Everything about an image. */
export function ImageInfoDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const { client } = useApp();
  const { run, error } = useAction();
  const [info, setInfo] = useState<ImageInfo | null>(null);
  useEffect(() => {
    void run(async (signal) => setInfo(await client.call.image.info({ image: image.file }, { signal })));
  }, [client, run, image.file]);
  const { snapshots, machine, device } = image;
  const others = listOtherUsers(image);
  return (
    <Modal opened onClose={onClose} title={nameFully(image)} size={620}>
      <div className="dialog-column">
        {image.problem === null ? null : <Notice tone="warn" title={`${findName(image.file)}: ${image.problem}.`} />}
        {error === null ? null : <ErrorNotice error={error} />}
        <dl className="facts">
          <Fact name="What it is">{describeRole(image)}</Fact>
          {machine === null ? null : (
            <Fact name="Machine">
              {machine.name}
              {device === null ? '' : `, ${device}`}
            </Fact>
          )}
          {snapshots.length === 0 ? null : <Fact name="Snapshots">{snapshots.map(({ name }) => name).join(', ')}</Fact>}
          {others.length === 0 ? null : <Fact name="Also used by">{others.map(({ name }) => name).join(', ')}</Fact>}
          <Fact name="Format">
            {formatWords[image.format]}
            {info?.isEncrypted === true ? ', encrypted' : ''}
          </Fact>
          <Fact name="Size">
            {image.virtualSize === null ? 'unknown' : `${formatBytes(image.virtualSize)} as a guest sees it`}
          </Fact>
          <Fact name="Used here">{formatBytes(image.actualSize)}</Fact>
          <Fact name="File">
            <span className="fact-path">
              <code className="mono truncate" title={image.file}>
                {image.file}
              </code>
              <CopyAction value={image.file} label="Copy the path" />
            </span>
          </Fact>
          {info === null && error === null ? (
            <Fact name="Chain">
              <Loader size={12} />
            </Fact>
          ) : null}
          {info === null ? null : <Chain info={info} />}
        </dl>
      </div>
    </Modal>
  );
}

function Chain({ info }: { info: ImageInfo }) {
  const below = info.chain.slice(1);
  return (
    <>
      <Fact name="Builds on">
        {below.length === 0 ? (
          'nothing, it is whole'
        ) : (
          <ol className="image-chain">
            {below.map(({ file, actualSize, problem }) => (
              <ChainItem key={file} file={file} problem={problem}>
                {actualSize === null ? '' : `, ${formatBytes(actualSize)}`}
              </ChainItem>
            ))}
          </ol>
        )}
      </Fact>
      {info.dependents.length === 0 ? null : (
        <Fact name="Needed by">
          <ul className="image-chain">
            {info.dependents.map((file) => (
              <ChainItem key={file} file={file} problem={null} />
            ))}
          </ul>
        </Fact>
      )}
      {info.internalSnapshots === 0 ? null : (
        <Fact name="Inside it">{formatCount(info.internalSnapshots, 'snapshot')} of another program</Fact>
      )}
    </>
  );
}

/** Another image of the chain, by what the list calls it. */
function ChainItem({ file, problem, children }: { file: string; problem: string | null; children?: ReactNode }) {
  const known = useStore(useApp().stores.images, ({ images }) => images?.find((image) => image.file === file));
  return (
    <li title={file}>
      {known === undefined ? findName(file) : nameFully(known)}
      <span className="image-chain-fact">{children}</span>
      {problem === null ? null : <span className="image-chain-problem">: {problem}</span>}
    </li>
  );
}
