// What each finding code means in a few words: [severity, English, Chinese]. The sentences about one image come from the daemon.
import { language } from "./texts.js";

export const CODES = {
  "tag-syntax": ["error", "The tag cannot be read", "标签无法解读"],
  "tag-order": ["warning", "Parts of the tag out of order", "标签各部分顺序有误"],
  "tag-form": ["warning", "Tag not spelt by the rule", "标签写法不规范"],
  "tag-short": ["info", "Name left to the repository", "名称由仓库给出"],
  "tag-unknown": ["warning", "A part that no rule knows", "规则未知的部分"],
  "os-mismatch": ["error", "Another operating system, or another version of it", "操作系统或其版本不符"],
  "os-missing": ["error", "The operating system is not there", "缺少所述操作系统"],
  "sdk-mismatch": ["error", "The SDK in another version", "SDK 版本不符"],
  "sdk-missing": ["error", "The SDK is not there", "缺少所述 SDK"],
  "sdk-foreign": ["error", "Another vendor's SDK is installed", "安装了其他厂商的 SDK"],
  "framework-mismatch": ["error", "The framework in another version", "框架版本不符"],
  "framework-missing": ["error", "The framework is not there", "缺少所述框架"],
  "framework-backend": ["error", "The framework cannot use the SDK", "框架与 SDK 不配套"],
  "tool-mismatch": ["error", "A tool in another version", "工具版本不符"],
  "tool-missing": ["error", "A tool is not there", "缺少所述工具"],
  "app-mismatch": ["error", "The application in another version", "应用版本不符"],
  "llm-mismatch": ["error", "Another model", "模型不符"],
  "llm-missing": ["error", "No model inside", "缺少所述模型"],
  "flavor-mismatch": ["error", "Content is not what the flavour says", "内容与变体不符"],
  "arch-mismatch": ["error", "Built for another architecture", "架构不符"],
  "dev-missing": ["error", "-dev without development tools", "标有 -dev 但无开发工具"],
  "dev-undeclared": ["info", "Development tools without -dev", "含开发工具但未标 -dev"],
  unproven: ["warning", "Neither proven nor disproven", "既未证实也未证伪"],
  "package-foreign": ["warning", "Packages of another distribution", "含其他发行版的软件包"],
  "parent-mismatch": ["error", "Built on the wrong image", "基础镜像有误"],
  "parent-stale": ["warning", "Built on an old build of its base", "基于旧版本的基础镜像"],
  "parent-unknown": ["info", "No published base found", "未找到已发布的基础镜像"],
  "parent-forged": ["error", "Layer hashes do not hold", "镜像层哈希不符"],
  "platform-divergence": ["error", "Platforms hold different versions", "各平台版本不一致"],
  "platform-missing": ["warning", "A promised platform is absent", "缺少承诺的平台"],
  "catalog-unpublished": ["warning", "Declared and not published", "已声明但未发布"],
  "catalog-undeclared": ["warning", "Published and not declared", "已发布但未声明"],
  "catalog-invalid": ["error", "A declaration that cannot be right", "声明有误"],
  "tag-moved": ["info", "The tag points elsewhere than before", "标签指向已改变"],
  "alias-stale": ["warning", "A moving tag lags behind", "浮动标签未更新"],
  "mirror-divergence": ["error", "Registries differ under one tag", "同一标签在各仓库服务中不一致"],
  "base-floating": ["warning", "The base is a moving tag", "基础镜像为浮动标签"],
  "path-dead": ["error", "The path names no file", "路径不存在"],
  "path-mismatch": ["error", "The path says another version", "路径中的版本不符"],
  "catalog-duplicate": ["error", "Two directories publish one repository", "两个目录发布同一仓库"],
};

const known = (code) => (Object.hasOwn(CODES, code) ? CODES[code] : null);
export const severityOf = (code) => known(code)?.[0] ?? "warning";
export const meaning = (code) => known(code)?.[language() === "zh" ? 2 : 1] ?? code;
