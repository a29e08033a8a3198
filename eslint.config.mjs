import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["node_modules/", ".lab/"] },
    ...tseslint.configs.strictTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            // An Output<boolean> is always true: catches `if (output)`.
            "@typescript-eslint/strict-boolean-expressions": "error",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            curly: "error",
            eqeqeq: "error",
        },
    },
    { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
    {
        files: ["**/*.cjs"],
        ...tseslint.configs.disableTypeChecked,
        // ts-node loads its transpiler with require.
        rules: {
            ...tseslint.configs.disableTypeChecked.rules,
            "@typescript-eslint/no-require-imports": "off",
        },
    },
);
