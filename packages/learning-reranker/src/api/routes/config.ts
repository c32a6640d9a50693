/** The settings in force with where each came from; a change is written into the configuration file. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  ConfigError,
  changeConfigFile,
  countsAtOnce,
  settingDefinitions,
  settingKeys,
  shownSettings,
} from '../../config/index.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema, refusalOf } from '../errors.js';
import { typed } from '../server.js';

const settingSchema = z
  .object({
    key: z.string(),
    environment: z.string(),
    value: z.unknown(),
    default: z.unknown(),
    source: z.enum(['flag', 'environment', '.env', 'file', 'default']),
    found_as: z.string().describe('the name under which it was found there'),
    counts: z
      .enum(['at once', 'from the next start'])
      .describe('when a change of the configuration file counts'),
    description: z.string(),
    values: z.string(),
  })
  .meta({ id: 'Setting' });

const answerSchema = z.object({
  settings: z.array(settingSchema),
  warnings: z.array(z.string()),
  conflicts: z.array(z.string()),
});

export async function configRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  app.get(
    '/api/config',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['settings'],
        summary: 'Every setting, its value and where it came from; secrets are not shown',
        response: { 200: answerSchema },
      },
    },
    async () => {
      const { settings, origins, warnings, conflicts } = context.resolved;
      const shown = shownSettings(settings);
      return {
        settings: settingKeys.map((key) => {
          const { environment, description, values, fallback } = settingDefinitions[key];
          return {
            key,
            environment,
            value: shown[key],
            default: fallback,
            source: origins[key].source,
            found_as: origins[key].name,
            counts: countsAtOnce(key) ? ('at once' as const) : ('from the next start' as const),
            description,
            values,
          };
        }),
        warnings: [...warnings],
        conflicts: [...conflicts],
      };
    },
  );
  app.post(
    '/api/config',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['settings'],
        summary:
          'Write settings into the configuration file, null removes one; says which count by now',
        body: z
          .record(z.string(), z.unknown())
          .refine((body) => Object.keys(body).length > 0, 'expected a setting to change'),
        response: {
          200: z.object({
            file: z.string(),
            changed: z.array(z.string()),
            applied: z.array(z.string()).describe('in force by now'),
            restart: z.boolean().describe('whether some count from the next start'),
            after_restart: z.array(z.string()),
            overruled: z
              .array(z.object({ key: z.string(), by: z.string() }))
              .describe('written, but a flag or the environment says otherwise'),
          }),
          400: errorSchema,
          409: errorSchema,
        },
      },
    },
    async ({ body }) => {
      const unknown = Object.keys(body).find((key) => !settingKeys.includes(key as never));
      if (unknown !== undefined) {
        throw new ApiError(
          'invalid_request',
          'there is no such setting; GET /api/config lists them',
          {
            field: unknown.slice(0, 100),
          },
        );
      }
      const change = changeConfigFile(body, context.resolved, context.configFolder);
      const { file, changed, applied, afterRestart, overruled } = await change.catch((error) => {
        throw namingTheSetting(error);
      });
      return {
        file,
        changed: [...changed],
        applied: [...applied],
        restart: afterRestart.length > 0,
        after_restart: [...afterRestart],
        overruled: [...overruled],
      };
    },
  );
}

/** A loss is refused by the losses, any other setting by the settings. */
function namingTheSetting(error: unknown): unknown {
  const field = error instanceof ConfigError ? error.setting : 'loss';
  const { code, message } = refusalOf(error);
  if (code === 'internal' || field === null) return error;
  return new ApiError(code, message, { field });
}
