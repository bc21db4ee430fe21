// Only what biome cannot see: rules that need types, and the printed GraphQL schema.
import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const schema = 'schema/schema.graphql';

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'test/bench/', '**/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Handlers of events may return what nobody waits for: the router's promise to navigate never rejects.
    files: ['src/web/ui/**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }] },
  },
  {
    files: [schema],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema } },
    },
    rules: {
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          // Relay's own types say nothing that the Relay specification does not.
          ignoredSelectors: [
            'ObjectTypeDefinition[name.value=/(Connection|Edge)$/]',
            'ObjectTypeDefinition[name.value=/(Connection|Edge)$/] FieldDefinition[name.value=/^(edges|node|cursor|pageInfo)$/]',
            'ObjectTypeDefinition[name.value=PageInfo]',
            'ObjectTypeDefinition[name.value=PageInfo] FieldDefinition',
          ],
        },
      ],
    },
  },
);
