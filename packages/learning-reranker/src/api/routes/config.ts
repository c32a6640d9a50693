/** Shows the settings with their sources, and writes changes into the configuration file. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  changeConfigFile,
  countsAtOnce,
  settingDefinitions,
  settingKeys,
  shownSettings,
} from '../../config/index.js';
import type { ServiceContext } from '../context.js';
import { ApiError, apiErrorOf, errorSchema } from '../errors.js';
import { route, typed } from '../server.js';

const settingSchema = z
  .object({
    key: z.string(),
    environment: z.string(),
    value: z.unknown(),
    default: z.unknown(),
    source: z.enum(['flag', 'environment', '.env', 'file', 'default']),
    found_as: z.string().describe('The name of the setting in its source.'),
    counts: z
      .enum(['at once', 'from the next start'])
      .describe('When a change in the configuration file takes effect.'),
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
    route('read', 'settings', {
      summary: 'List all settings with their values and sources',
      description: 'Secrets are masked.',
      response: { 200: answerSchema },
    }),
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
    route('admin', 'settings', {
      summary: 'Change settings',
      description:
        'Writes them into the configuration file; null removes one. The response lists those that need a restart.',
      examples: {
        example: {
          summary: 'Change the loss',
          value: { loss: 'BinaryCrossEntropyLoss' },
        },
      },
      body: z
        .record(z.string(), z.unknown())
        .refine((body) => Object.keys(body).length > 0, 'expected at least one setting'),
      response: {
        200: z.object({
          file: z.string(),
          changed: z.array(z.string()),
          applied: z.array(z.string()).describe('In effect now.'),
          restart: z.boolean().describe('Whether some need a restart.'),
          after_restart: z.array(z.string()),
          overruled: z
            .array(z.object({ key: z.string(), by: z.string() }))
            .describe('Written, but a flag or an environment variable takes precedence.'),
        }),
        400: errorSchema,
        409: errorSchema,
      },
    }),
    async ({ body }) => {
      const unknown = Object.keys(body).find((key) => !settingKeys.includes(key as never));
      if (unknown !== undefined) {
        throw new ApiError(
          'invalid_request',
          'This setting does not exist. GET /api/config lists all.',
          { field: unknown.slice(0, 100) },
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

/** Adds the setting as the field. An error without one comes from the losses. */
function namingTheSetting(error: unknown): unknown {
  const { setting: field = 'loss' } = error as { setting?: string | null };
  const { code, message } = apiErrorOf(error);
  if (code === 'internal' || field === null) return error;
  return new ApiError(code, message, { field });
}
