# Debian, not Alpine: the tools of the build are glibc binaries.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json rolldown.config.ts ./
COPY src ./src
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    NODE_COMPILE_CACHE=/home/node/.cache/node-compile \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data \
    DECKHAND_CONFIG=/etc/deckhand/deckhand.yml
WORKDIR /app
# For its "type": "module".
COPY package.json ./
COPY --from=build /app/dist ./dist
RUN install -d -o node -g node /data /home/node/.cache
USER node
VOLUME /data
EXPOSE 3000
# Healthy: connected to Slack. --format docker when built with buildah or podman.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Why these flags and MALLOC_…: docs/decisions/0005-compile-webassembly-once.md
CMD ["node", "--liftoff-only", "--max-semi-space-size=2", "--heap-growing-percent=15", "dist/main.js"]
