import { notifications } from '@mantine/notifications';
import type { AppErrorData } from '../../contract/app-error.ts';
import { describeError } from './format.ts';

const closeButtonProps = { 'aria-label': 'Dismiss' };

/** Tells of something that happened in the background. */
export function showToast({ title, message }: { title: string; message: string }): void {
  notifications.show({ title, message, color: 'moss', autoClose: 6000, closeButtonProps });
}

/** Tells of trouble that has no better place; it stays until it is closed. */
export function showErrorToast(title: string, error: AppErrorData): void {
  notifications.show({
    title,
    message: describeError(error),
    color: 'red',
    autoClose: false,
    role: 'alert',
    closeButtonProps,
  });
}
