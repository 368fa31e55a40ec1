/** What a model wrapper outside this repository imports, as `skysail/wrapper`. */
export { defineModel, inputNamed } from "./model.js";
export type { Model, ModelDefinition, OutputTensor } from "./model.js";
export type { Batch, InputTensor } from "./batch.js";
export { runWrapper } from "./runWrapper.js";
export type { WrapperOptions, WrapperProgram } from "./runWrapper.js";
