import { AppError } from '../../contract/app-error.ts';
import { readinessSchema } from '../../contract/template.ts';

/** Parses when a boot counts as ready: `agent`, `ssh` or `serial:TEXT`. */
export function parseReadiness(text: string, label: string): string {
  if (readinessSchema.safeParse(text).success) return text;
  throw new AppError('invalid-input', `${label}: “${text}” is nothing that can be waited for.`, {
    hint: 'Give agent, ssh, or serial:TEXT with what the serial line says then.',
  });
}
