import { createClient } from './client/client.ts';
import { mountApp } from './ui/mount-app.tsx';

const root = document.getElementById('root');
if (root !== null) mountApp(root, createClient());
