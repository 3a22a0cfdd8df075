// What each finding code is called, as in lib/report/texts.cpp: [severity, English, Chinese]. The sentences about one image come from the daemon.
import { language } from "./texts.js";

export const CODES = {
  "tag-syntax": ["error", "Tag that cannot be read", "标签无法解析"],
  "tag-order": ["warning", "Tag parts out of order", "标签顺序不规范"],
  "tag-form": ["warning", "Tag spelt in another way", "标签写法不规范"],
  "tag-short": ["info", "Tag without its component's name", "标签省略了组件名"],
  "tag-unknown": ["warning", "Tag part that no rule knows", "标签含未知部分"],
  "os-mismatch": ["error", "Wrong operating system", "操作系统不符"],
  "os-missing": ["error", "Operating system is missing", "缺少操作系统"],
  "sdk-mismatch": ["error", "Wrong SDK", "SDK 不符"],
  "sdk-missing": ["error", "SDK is missing", "缺少 SDK"],
  "sdk-foreign": ["error", "SDK for other hardware", "含其他硬件的 SDK"],
  "framework-mismatch": ["error", "Wrong framework", "框架不符"],
  "framework-missing": ["error", "Framework is missing", "缺少框架"],
  "framework-backend": ["error", "Framework without the claimed SDK", "框架不支持声明的 SDK"],
  "tool-mismatch": ["error", "Wrong tool", "工具不符"],
  "tool-missing": ["error", "Tool is missing", "缺少工具"],
  "app-mismatch": ["error", "Wrong application", "应用不符"],
  "llm-mismatch": ["error", "Wrong model", "模型不符"],
  "llm-missing": ["error", "Model is missing", "缺少模型"],
  "flavor-mismatch": ["error", "Wrong flavour", "镜像类型不符"],
  "arch-mismatch": ["error", "Wrong architecture", "架构不符"],
  "dev-missing": ["error", "Development tools are missing", "缺少开发工具"],
  "dev-undeclared": ["info", "Development tools without -dev", "有开发工具但标签没有 -dev"],
  unproven: ["warning", "Claim that nothing proves", "声明无法证实"],
  "package-foreign": ["warning", "Packages of another distribution", "含其他发行版的软件包"],
  "parent-mismatch": ["error", "Wrong parent image", "上级镜像不符"],
  "parent-stale": ["warning", "Outdated parent image", "上级镜像已过时"],
  "parent-unknown": ["info", "Unknown parent image", "上级镜像未知"],
  "parent-forged": ["error", "Forged layer hashes", "层摘要不真实"],
  "platform-divergence": ["error", "Platforms that disagree", "各平台内容不一致"],
  "platform-missing": ["warning", "Platform is missing", "缺少平台"],
  "catalog-unpublished": ["warning", "Declared, but not published", "已声明但未发布"],
  "catalog-undeclared": ["warning", "Published, but not declared", "已发布但未声明"],
  "catalog-invalid": ["error", "Declaration that cannot be right", "声明无效"],
  "tag-moved": ["info", "Version tag that moved", "版本标签被移动"],
  "alias-stale": ["warning", "Moving tag that lags behind", "浮动标签未更新"],
  "mirror-divergence": ["error", "Registries that disagree", "各镜像仓库不一致"],
  "base-floating": ["warning", "Base image under a moving tag", "基础镜像使用浮动标签"],
  "path-dead": ["error", "Path without a file", "路径没有对应文件"],
  "path-mismatch": ["error", "Path of another version", "路径与标签不符"],
  "catalog-duplicate": ["error", "One repository declared twice", "同一仓库重复声明"],
};

const known = (code) => (Object.hasOwn(CODES, code) ? CODES[code] : null);
export const severityOf = (code) => known(code)?.[0] ?? "warning";
/** What stands in a small space: the code, or its Chinese name. */
export const shortMeaning = (code) => (language() === "zh" ? meaning(code) : code);
export const meaning = (code) => known(code)?.[language() === "zh" ? 2 : 1] ?? code;
