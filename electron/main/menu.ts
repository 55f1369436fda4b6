import { Menu, type MenuItemConstructorOptions } from 'electron';

/** Sets the application's menu. Its shortcuts stay clear of what people type into a console. */
export function setMenu(): void {
  const template: MenuItemConstructorOptions[] = [
    { label: 'Bothy', submenu: [{ role: 'close' }, { role: 'quit' }] },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'reload', accelerator: '' },
        { role: 'toggleDevTools' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
