import { type Icon, IconAlertTriangle, IconFlame, IconFlameFilled, IconFlameOff, IconSnowflake } from '@tabler/icons-react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { warmthWords } from './template-words.ts';
import './warmth-mark.css';

const icons: Record<TemplateInfo['warmth'], Icon> = {
  warm: IconFlameFilled,
  cold: IconSnowflake,
  'went-cold': IconFlameOff,
  warming: IconFlame,
  damaged: IconAlertTriangle,
};

/** Whether a template is warm, as a shape and a colour; the word stands beside it. */
export function WarmthMark({ warmth, size = 32 }: { warmth: TemplateInfo['warmth']; size?: number }) {
  const Shape = icons[warmth];
  return (
    <span className="warmth-mark" data-warmth={warmth} style={{ width: size, height: size }} aria-hidden>
      <Shape size={Math.round(size * 0.58)} stroke={1.75} />
    </span>
  );
}

/** The same in a word. */
export function WarmthWord({ warmth }: { warmth: TemplateInfo['warmth'] }) {
  const { word, meaning } = warmthWords[warmth];
  return (
    <span className="warmth-word" data-warmth={warmth} title={meaning}>
      {word}
    </span>
  );
}
