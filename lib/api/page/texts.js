// Every word of the page in both languages: [English, Chinese]. `{name}` is filled in.

export const TEXTS = {
  skip: ["Skip to the content", "跳到正文"],
  tagline: ["Is the image what its tag says?", "镜像与标签是否相符？"],
  overview: ["Overview", "总览"],
  images: ["Images", "镜像"],
  audits: ["Audits", "审计"],
  queue: ["Queue", "队列"],
  rules: ["Rules", "规则"],
  explain: ["Explain", "解读标签"],
  views: ["Views", "视图"],
  language: ["中文", "English"],
  languageHint: ["切换到中文", "Switch to English"],
  theme: ["Light or dark", "浅色或深色"],
  logIn: ["Log in", "登录"],
  logOut: ["Log out", "退出登录"],
  loading: ["Loading…", "加载中…"],
  failed: ["That did not work: {why}", "操作失败：{why}"],
  unreachable: ["The daemon does not answer.", "守护进程没有响应。"],
  again: ["Try again", "重试"],
  nothingHere: ["There is no such view.", "没有这个视图。"],
  description: ["Description of the API", "API 说明"],

  token: ["Token", "令牌"],
  tokenWhy: ["This daemon wants to know who asks. Paste a token that `veritag token create` made; it stays in this tab and is gone with it.", "该守护进程需要身份验证。请粘贴由 `veritag token create` 创建的令牌；它只保存在当前标签页中，关闭即失效。"],
  tokenForWriting: ["Whoever starts or stops something needs a token with the role scan.", "启动或停止任务需要具有 scan 角色的令牌。"],
  tokenWrong: ["The token is unknown, revoked or has expired.", "令牌未知、已撤销或已过期。"],
  tokenFormat: ["A token is one line of visible characters.", "令牌是一行可见字符。"],
  loggedOut: ["Logged out.", "已退出登录。"],

  pass: ["pass", "相符"],
  warn: ["warning", "警告"],
  fail: ["fail", "不符"],
  unknown: ["unknown", "未知"],
  error: ["unreadable", "无法读取"],
  passMeans: ["what the tag says is proven", "标签所述均已证实"],
  warnMeans: ["true, with a blemish", "属实，但有瑕疵"],
  failMeans: ["something else is inside", "内容与标签不符"],
  unknownMeans: ["neither proven nor disproven", "既未证实也未证伪"],
  errorMeans: ["could not be read", "无法读取镜像"],
  severity: ["Weight", "级别"],
  severityError: ["error", "错误"],
  severityWarning: ["warning", "警告"],
  severityInfo: ["note", "提示"],

  imagesKnown: ["Tags: {tags} · images: {images} (one for each platform)", "{tags} 个标签，{images} 个镜像（每个平台计一个）"],
  coverage: ["Coverage", "覆盖情况"],
  coverageText: ["{judged} of {listed} images were judged; {unknown} are unknown, {unread} could not be read.", "共 {listed} 个镜像，已判定 {judged} 个；{unknown} 个未知，{unread} 个无法读取。"],
  noImages: ["No image was looked at yet.", "尚未检查任何镜像。"],
  noImagesHint: ["Audits run by schedule, pushes are looked at as they come. Or start one now:", "审计按计划运行，推送会即时检查。也可以立即开始："],
  whatIsWrong: ["What is wrong", "问题"],
  whatIsWrongHint: ["Findings by kind; notes are left out.", "按类型统计的发现；不含提示。"],
  allWell: ["Nothing is wrong.", "没有发现问题。"],
  where: ["Where", "位置"],
  whereHint: ["Repositories by images that fail or cannot be read.", "按不符或无法读取的镜像数排列的仓库。"],
  repository: ["Repository", "仓库"],
  registry: ["Registry", "镜像仓库服务"],
  finding: ["Finding", "发现"],
  imageCount: ["Images", "镜像数"],
  targets: ["Targets", "目标"],
  target: ["Target", "目标"],
  lastAudit: ["Last audit", "上次审计"],
  nextAudit: ["Next", "下次"],
  never: ["never", "从未"],
  onDemand: ["on demand", "按需"],
  result: ["Result", "结果"],
  auditNow: ["Audit now", "立即审计"],
  ordered: ["Job {id} is in the queue.", "任务 {id} 已加入队列。"],
  trend: ["Trend", "趋势"],
  trendHint: ["Images by verdict in the last {count} audits of {target}.", "{target} 最近 {count} 次审计中各结论的镜像数。"],
  trendNone: ["The trend begins with the second audit.", "完成第二次审计后显示趋势。"],
  asTable: ["As a table", "以表格显示"],

  search: ["Text in the name", "名称包含"],
  verdict: ["Verdict", "结论"],
  code: ["Finding", "发现"],
  any: ["any", "全部"],
  sort: ["Order", "排序"],
  sortVerdict: ["worst first", "最差优先"],
  sortName: ["by name", "按名称"],
  sortSeen: ["newest look first", "最近检查优先"],
  clear: ["Clear filters", "清除筛选"],
  found: ["Tags: {tags} · images: {images}", "{tags} 个标签，{images} 个镜像"],
  noneMatch: ["No image matches these filters.", "没有符合条件的镜像。"],
  image: ["Image", "镜像"],
  platforms: ["Platforms", "平台"],
  seen: ["Looked at", "检查时间"],
  more: ["Show {count} more", "再显示 {count} 个"],

  allImages: ["All images", "全部镜像"],
  platform: ["Platform", "平台"],
  otherNames: ["The same image is published under {count} tags", "同一镜像以 {count} 个标签发布"],
  scanAgain: ["Scan again", "重新扫描"],
  copy: ["Copy", "复制"],
  copied: ["Copied.", "已复制。"],
  deserves: ["The tag that its content deserves", "内容应有的标签"],
  checkAgain: ["To check again", "再次检查"],
  claimsTitle: ["What the tag claims and what the image holds", "标签所述与镜像内容"],
  component: ["Component", "组件"],
  claimed: ["The tag claims", "标签所述"],
  holds: ["The image holds", "镜像内容"],
  proof: ["Proof", "证据"],
  anyVersion: ["any version", "任意版本"],
  notFound: ["not found", "未找到"],
  notProven: ["not proven", "未证实"],
  claimTrue: ["true", "属实"],
  claimFalse: ["false", "不实"],
  claimOpen: ["open", "未定"],
  fromRepository: ["said by the repository", "由仓库名得出"],
  alsoInside: ["Also inside", "另含"],
  noClaims: ["The tag claims nothing that could be read.", "标签中没有可解读的内容。"],
  findings: ["Findings", "发现"],
  noFindings: ["Nothing to say: every claim is proven.", "无发现：标签所述均已证实。"],
  evidence: ["Evidence", "证据"],
  layerNumber: ["layer {number}", "第 {number} 层"],
  step: ["Build step", "构建步骤"],
  problems: ["What could not be read", "无法读取的部分"],
  family: ["Family tree", "谱系"],
  familyHint: ["Published images that this one is built on, found by their layers.", "根据镜像层找到的、本镜像所基于的已发布镜像。"],
  familyNone: ["No published image was found on which this one is built.", "未找到本镜像所基于的已发布镜像。"],
  thisImage: ["this image", "本镜像"],
  layerCount: ["layers: {count}", "层数：{count}"],
  moreNames: ["{first} and {count} more names", "{first} 等 {count} 个名称"],
  rebuiltSince: ["published anew since", "此后已重新发布"],
  cameIn: ["here it went wrong: {code}", "问题出自此处：{code}"],
  sameCause: ["Images: {count}", "{count} 个镜像"],
  layers: ["Layers", "镜像层"],
  layersAbsent: ["Its manifest is not kept; scan it again to see the layers.", "未保存其清单；重新扫描后可查看镜像层。"],
  size: ["Size", "大小"],
  createdBy: ["Build step", "构建步骤"],
  belongsTo: ["Comes from", "来源"],
  itsOwn: ["this image", "本镜像"],
  noStep: ["not recorded", "无记录"],
  packages: ["Packages", "软件包"],
  packagesNone: ["No package database was found.", "未找到软件包数据库。"],
  packagesAbsent: ["Its packages are not kept; scan it again to see them.", "未保存其软件包；重新扫描后可查看。"],
  packageSearch: ["Name or version", "名称或版本"],
  packagesFound: ["{shown} of {all} packages", "{all} 个软件包中的 {shown} 个"],
  showPackages: ["Show the {count} packages", "显示 {count} 个软件包"],
  name: ["Name", "名称"],
  version: ["Version", "版本"],
  architecture: ["Architecture", "架构"],
  type: ["Type", "类型"],
  layer: ["Layer", "层"],
  facts: ["Facts", "基本信息"],
  digest: ["Digest", "摘要"],
  tier: ["Tier", "层级"],
  grammar: ["Grammar", "语法"],
  audit: ["Audit", "审计"],
  verdictOne: ["Claims that are false: {broken} of {all}.", "{all} 项声明中有 {broken} 项不实。"],
  verdictHolds: ["Claims that are proven: all {all}.", "全部 {all} 项声明均已证实。"],
  verdictOpen: ["Claims that are neither proven nor disproven: {open} of {all}.", "{all} 项声明中有 {open} 项既未证实也未证伪。"],
  verdictElse: ["The claims hold, and something else is wrong.", "声明属实，但存在其他问题。"],

  kind: ["Kind", "类型"],
  kindAudits: ["audits", "审计"],
  kindScans: ["scans", "扫描"],
  kindAudit: ["audit", "审计"],
  kindScan: ["scan", "扫描"],
  started: ["Started", "开始时间"],
  took: ["Took", "用时"],
  running: ["running", "进行中"],
  noAudits: ["There was no audit yet.", "尚无审计。"],
  auditTitle: ["Audit {id}", "审计 {id}"],
  scanTitle: ["Scan {id}", "扫描 {id}"],
  changesSince: ["Changes since {id}", "与 {id} 的差异"],
  compareWith: ["Compare with", "对比"],
  compare: ["Compare", "对比"],
  noOther: ["There is no earlier run over the same targets.", "没有相同目标的更早记录。"],
  diffTitle: ["From run {other} to run {id}", "从 {other} 到 {id} 的变化"],
  swap: ["The other way round", "调换方向"],
  diffNew: ["New", "新增"],
  diffMended: ["Mended", "已修复"],
  diffUnchanged: ["As before", "未变"],
  diffNotSeen: ["Not seen: the image was not looked at, or could not be read", "未见：镜像未检查或无法读取"],
  diffUnread: ["Could not be read or judged this time", "本次无法读取或无法判定"],
  diffUnlisted: ["Could not be listed this time", "本次无法列出"],
  diffWhy: ["Why", "原因"],
  diffBefore: ["before:", "此前："],
  diffNothing: ["Nothing is new, and nothing is mended.", "没有新增，也没有修复。"],
  download: ["The report as a file", "下载报告"],
  auditImages: ["Images that were looked at last in this run", "最近一次由本次运行检查的镜像"],
  rulesDigest: ["Rules", "规则"],
  tool: ["Program", "程序"],

  state: ["State", "状态"],
  stateWaiting: ["waiting", "等待中"],
  stateRunning: ["running", "运行中"],
  stateDone: ["done", "已完成"],
  stateDead: ["dead letters", "死信"],
  stateCancelled: ["cancelled", "已取消"],
  stateSuperseded: ["superseded", "已被取代"],
  all: ["all", "全部"],
  about: ["About", "对象"],
  attempts: ["Attempts", "尝试次数"],
  enqueued: ["Since", "入队时间"],
  changed: ["Last change", "最近变化"],
  action: ["Action", "操作"],
  retry: ["Retry", "重试"],
  cancel: ["Cancel", "取消"],
  retried: ["Job {id} does it again.", "任务 {id} 将重新执行。"],
  cancelled: ["Job {id} is cancelled, or will be.", "任务 {id} 已取消或即将取消。"],
  noJobs: ["Nothing is in this state.", "没有处于该状态的任务。"],
  jobNotice: ["notice", "通知"],
  jobAdapter: ["Harbor scan", "Harbor 扫描"],
  moreJobs: ["Show older ones", "显示更早的任务"],
  liveAudit: ["Audit of {about}", "正在审计 {about}"],
  liveScan: ["Scan of {about}", "正在扫描 {about}"],
  liveCount: ["{done} of {listed}", "{done} / {listed}"],
  liveListing: ["listing what there is", "正在列出内容"],
  liveTitle: ["Running now", "正在运行"],

  rulesHint: ["{grammars} grammars say how tags are read, {components} components say what proves what. Each carries examples, which are tested.", "{grammars} 种语法规定如何解读标签，{components} 个组件规定以何为证。各自附有经过测试的示例。"],
  ruleSearch: ["Text in rules and examples", "规则与示例中的文字"],
  grammars: ["Grammars", "语法"],
  components: ["Components", "组件"],
  repositories: ["Repositories", "仓库"],
  names: ["Written in tags as", "标签中的写法"],
  evidenceRules: ["{count} ways to prove it", "{count} 种证明方式"],
  examples: ["Examples", "示例"],
  given: ["Given", "输入"],
  reads: ["Reads", "读作"],
  readsNothing: ["nothing", "无"],
  rulesFound: ["Grammars: {grammars} · components: {components}", "{grammars} 种语法，{components} 个组件"],
  codesTitle: ["Finding codes", "发现代码"],

  explainTitle: ["What does a tag say?", "标签说了什么？"],
  explainHint: ["Type REPOSITORY:TAG. Nothing is fetched; the tag alone is read.", "输入 仓库:标签。不会访问网络，只解读标签本身。"],
  reference: ["Image name", "镜像名称"],
  explainNothing: ["This tag cannot be read by the grammar {grammar}.", "语法 {grammar} 无法解读该标签。"],
  expectedParents: ["The image below it must claim", "其下层镜像应声明"],
  dev: ["development image", "开发镜像"],
  tryOne: ["For example", "例如"],
  scanIt: ["Scan it", "扫描"],

  justNow: ["just now", "刚刚"],
};

let chinese = false;
export const setLanguage = (language) => (chinese = language === "zh");
export const language = () => (chinese ? "zh" : "en");

export function t(key, values = {}) {
  const text = TEXTS[key][chinese ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

export const number = (value) => new Intl.NumberFormat(language()).format(value);

export const percent = (share) => new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 }).format(share);

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (count >= 1000 && at < units.length - 1) {
    count /= 1000;
    at += 1;
  }
  return `${new Intl.NumberFormat(language(), { maximumFractionDigits: count < 10 && at ? 1 : 0 }).format(count)} ${units[at]}`;
}

const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
/** How long ago, or how soon. */
export function ago(time, now = Date.now()) {
  const seconds = (new Date(time) - now) / 1000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
  return t("justNow");
}

export function duration(from, to) {
  const seconds = Math.max(0, Math.round((new Date(to) - new Date(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export const date = (time) => new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
