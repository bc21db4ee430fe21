import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server that `npm run dev:ui` sends requests to. */
const server = 'http://127.0.0.1:4000';

const serverPaths = ['/graphql', '/rest', '/docs', '/openapi.json', '/images', '/imports', '/sql'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // The first browsers with light-dark(): its replacement for older ones needs a colour scheme that is fixed in the styles.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    // Data addresses in styles and scripts are what the content security policy would have to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(serverPaths.map((path) => [path, server])) },
});
