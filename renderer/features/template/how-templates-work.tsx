import { IconBolt, IconDeviceDesktop, IconFlame } from '@tabler/icons-react';
import './how-templates-work.css';

const steps = [
  { icon: IconDeviceDesktop, title: 'Prepare a machine', text: 'Install it, log in, open what you need.' },
  { icon: IconFlame, title: 'Make a template', text: 'Warm: with its memory, at the very moment you choose.' },
  { icon: IconBolt, title: 'Press Throwaway', text: 'A machine that has booted already. Close it, and it is gone.' },
];

/** From a machine to a throwaway, in three steps. */
export function HowTemplatesWork() {
  return (
    <ol className="how-templates">
      {steps.map(({ icon: StepIcon, title, text }) => (
        <li key={title}>
          <span className="how-templates-icon" aria-hidden>
            <StepIcon size={20} stroke={1.5} />
          </span>
          <strong>{title}</strong>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}
