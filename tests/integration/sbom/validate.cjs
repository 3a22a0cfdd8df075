// Checks files against the schema of CycloneDX 1.6, strictly, with CycloneDX's own validator.
// usage: node validate.cjs FOLDER-WITH-node_modules FILE…    One line of JSON a file: null, or what is wrong.
"use strict";
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const [folder, ...files] = process.argv.slice(2);
const { Spec, Validation } = createRequire(`${folder}/package.json`)("@cyclonedx/cyclonedx-library");
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
(async () => {
  for (const file of files) console.log(JSON.stringify(await validator.validate(readFileSync(file, "utf8"))));
})();
