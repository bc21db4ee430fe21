FROM node:24-bookworm AS build
# The full image has a compiler for better-sqlite3 already; smaller bases of the same name need not.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node src/bootstrap.mjs && npm prune --omit=dev --no-audit --no-fund
# Of better-sqlite3 only the compiled addon is loaded, not the 10 MB it was compiled from. Typings, source maps and pages to
# read are for those who develop.
RUN cd node_modules/better-sqlite3 && rm -rf deps src build/Release/obj build/Release/obj.target build/Release/test_extension.node \
  && cd /app && find node_modules dist -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' -o -name '*.md' -o -name '*.flow' \) -delete

FROM node:24-bookworm-slim AS program
ENV NODE_ENV=production ASOF_DATA=/data ASOF_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# `npm run` calls it first; without sources it does nothing.
COPY --from=build /app/src/bootstrap.mjs ./src/
# A volume that is mounted on one of them for the first time belongs to its owner.
RUN mkdir /data /keys && chown node:node /data /keys
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.ASOF_PORT || 4000) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# For hosts whose volumes belong to root: takes the data folder over, then root is given up for good.
FROM program AS hosted
CMD ["sh", "-c", "chown -R node:node /data && exec setpriv --reuid=node --regid=node --init-groups --no-new-privs node dist/src/cli.js serve"]

# An empty server: the demo world has no business in a ledger that is kept. It listens where others are, so it needs API
# keys: those of ASOF_API_KEYS, or the first one, which it makes at its first start and prints once.
FROM program
USER node
VOLUME /data
CMD ["node", "dist/src/cli.js", "serve"]
