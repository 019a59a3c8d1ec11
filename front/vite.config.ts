/** How the page is built and served while developing; it knows the backend's address and nothing else. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const backend = process.env.MYNA_BACKEND ?? 'http://localhost:5055';
const proxied = ['/api', '/v1', '/readyz', '/livez', '/docs', '/openapi.json', '/asyncapi.json'];

export default defineConfig({
  plugins: [react()],
  server: {
    port: Number(process.env.MYNA_DEV_PORT ?? 5173),
    fs: { allow: ['..'] }, // the laboratory shows files of the backend and of the tests
    proxy: {
      ...Object.fromEntries(proxied.map((path) => [path, { target: backend }])),
      '/ws': { target: backend, ws: true },
    },
  },
  // Custom media queries, so that each breakpoint is written once.
  css: { transformer: 'lightningcss', lightningcss: { drafts: { customMedia: true } } },
  // In the page the addresses begin at the root; scripts find each other beside themselves, so that the documentation can hold a copy of all.
  experimental: { renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `/${name}` : { relative: true }) },
  build: {
    outDir: '../backend/myna/page', // inside the package, so that a wheel brings it
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with `light-dark()`
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { pluginTimings: false } }, // on a slow machine each build would say so
  },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.{ts,tsx}'],
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
