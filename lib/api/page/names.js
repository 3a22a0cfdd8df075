// What people call components and versions that have names of our own, as in lib/report/component_names.cpp: "component" or "component version": [English, Chinese].
import { language } from "./texts.js";

export const NAMES = {
  "ascend-chip": ["Ascend chip", "昇腾芯片"],
  "cuda-flavour": ["CUDA image type", "CUDA 镜像类型"],
  "cuda-flavour base": ["base (CUDA runtime alone)", "base（仅 CUDA 运行时）"],
  "cuda-flavour runtime": ["runtime (base and math libraries)", "runtime（base 加数学库）"],
  "cuda-flavour devel": ["devel (runtime and compilers)", "devel（runtime 加编译器）"],
  "development-tools": ["development tools", "开发工具"],
};

// Kinds of components and tiers of images, as in lib/report/texts.cpp.
export const KINDS = { os: "操作系统", sdk: "SDK", framework: "框架", llm: "大模型", tool: "工具", app: "应用", application: "AI 应用" };
export const kindName = (kind) => (language() === "zh" && Object.hasOwn(KINDS, kind) ? KINDS[kind] : kind);

const named = (key, otherwise) => (Object.hasOwn(NAMES, key) ? NAMES[key][language() === "zh" ? 1 : 0] : otherwise);
export const componentName = (component) => named(component, component);
export const versionName = ({ component, version }) => named(`${component} ${version}`, version);
/** Both. */
export const nameOf = (each) => `${componentName(each.component)}${each.version ? ` ${versionName(each)}` : ""}`;
