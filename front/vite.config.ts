/** How the page is built and served while developing; it knows the backend's address and nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const backend = process.env.MYNA_BACKEND ?? 'http://localhost:5055';
const proxied = ['/api', '/v1', '/readyz', '/livez', '/docs', '/openapi.json', '/asyncapi.json'];

const OUT = resolve(import.meta.dirname, '../backend/myna/page'); // inside the package, so that a wheel brings it

/** Leaves a compressed copy beside each text file, so that the server need not compress: a third of the bytes of a first visit. */
const compressed = {
  name: 'compressed',
  apply: 'build' as const,
  closeBundle() {
    for (const file of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(html|js|css|svg|json)$/.test(file)) continue;
      const path = join(OUT, file);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [react(), compressed],
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
    outDir: OUT,
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
