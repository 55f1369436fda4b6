import { ORPCError } from '@orpc/client';
import { AppError, appErrorSchema } from '../../contract/app-error.ts';

/** Turns whatever a call threw into the one kind of error the window shows. */
export function toAppError(error: unknown, signal?: AbortSignal): AppError {
  if (error instanceof AppError) return error;
  if (signal?.aborted) return new AppError('cancelled', 'This was cancelled.', { cause: error });
  if (error instanceof ORPCError) {
    const data = appErrorSchema.safeParse(error.data);
    if (data.success) return AppError.fromData(data.data);
    return new AppError('internal', `Bothy answered with an error it does not explain: ${error.message}`, { cause: error });
  }
  return new AppError('disconnected', 'The connection to Bothy broke before the answer came.', {
    hint: 'What was asked may have been done. Look at the machine before you ask again.',
    cause: error,
  });
}
