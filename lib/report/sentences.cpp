#include "report/sentences.h"

#include "base/result.h"
#include "base/text.h"
#include "report/messages.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace veritag::report {
namespace {

// What goes on behind a sentence stands before what ends one: a hole at the end takes all that is left.
constexpr Sentence kSentences[] = {
    {Part::sentence, "By the configs alone, which prove nothing: {1:sentence}", "仅凭镜像配置推断（配置本身不能作为证据）：{1}"},
    {Part::sentence, "The tag \"{1}\": {2:sentence}", "标签“{1}”：{2}"},

    // Advice.
    {Part::sentence, "{1:sentence} That tag is declared already.", "{1}该标签已有声明。"},
    {Part::sentence, "{1:sentence} Mend the path.", "{1}请修正路径。"},
    {Part::sentence, "{1:sentence} Its Dockerfile stands at another path: {2}.", "{1}它的 Dockerfile 位于另一路径：{2}。"},
    {Part::sentence, "{1:sentence} The nearest path that is there is {2}.", "{1}现有路径中最接近的是 {2}。"},
    {Part::sentence, "{1:sentence} The Dockerfile there starts from {2}, too, and there is none for {3}; the tag {4} is declared already. Give this one a Dockerfile of its own, or take it out.",
     "{1}那里的 Dockerfile 也基于 {2}，而 {3} 没有对应的 Dockerfile；标签 {4} 已有声明。请为本标签单独提供 Dockerfile，或删除本标签。"},
    {Part::sentence, "{1:sentence} The Dockerfile there starts from {2}, too, and there is none for {3}: the tag is wrong, or its Dockerfile is missing.",
     "{1}那里的 Dockerfile 也基于 {2}，而 {3} 没有对应的 Dockerfile：要么标签有误，要么缺少它的 Dockerfile。"},
    {Part::sentence, "{1:sentence} Start from a base that has it, or change the tag.", "{1}请改用含有它的基础镜像，或修改标签。"},
    {Part::sentence, "{1:sentence} Start from {2:start}, or change the tag.", "{1}请改用{2}，或修改标签。"},
    {Part::sentence, "{1:sentence} Start from {2:start}; the tag {3}, which it deserves, is declared already.", "{1}请改用{2}；与内容相符的标签 {3} 已有声明。"},
    {Part::sentence, "{1:sentence} Start from {2}.", "{1}请改用 {2} 作为基础镜像。"},
    {Part::sentence, "{1:sentence} Name a version.", "{1}请写明版本。"},
    {Part::sentence, "{1:sentence} Is {2} meant?", "{1}要写的可能是 {2}。"},
    {Part::sentence, "{1:sentence} None of its tags that this tree declares ({2} and {3:number} more) is of {4}, which the tag {5} claims.",
     "{1}目录树中为它声明的标签（{2} 及另外 {3} 个）都不属于标签 {5} 所声明的 {4}。"},
    {Part::sentence, "{1:sentence} None of its tags that this tree declares ({2}) is of {3}, which the tag {4} claims.", "{1}目录树中为它声明的标签（{2}）不属于标签 {4} 所声明的 {3}。"},

    // Tags.
    {Part::sentence, "The tag \"{1}\" cannot be read by the rule of its repository: {2:rule}; it is {3:number} bytes long, and at most {4:number} are read; a right one is \"{5}\".",
     "标签“{1}”不符合所在仓库的规则，无法解析：{2}；标签长 {3} 字节，最多读取 {4} 字节；正确的例子：“{5}”。"},
    {Part::sentence, "The tag \"{1}\" cannot be read by the rule of its repository: {2:rule}; it is {3:number} bytes long, and at most {4:number} are read.",
     "标签“{1}”不符合所在仓库的规则，无法解析：{2}；标签长 {3} 字节，最多读取 {4} 字节。"},
    {Part::sentence, "The tag \"{1}\" cannot be read by the rule of its repository: {2:rule}; a right one is \"{3}\".", "标签“{1}”不符合所在仓库的规则，无法解析：{2}；正确的例子：“{3}”。"},
    {Part::sentence, "The tag \"{1}\" cannot be read by the rule of its repository: {2:rule}.", "标签“{1}”不符合所在仓库的规则，无法解析：{2}。"},
    {Part::sentence, "The parts are understood, but the rule puts them in the order {1:kinds}; rightly spelt it is \"{2}\".", "各部分都能识别，但规则要求的顺序是{1}；正确的写法是“{2}”。"},
    {Part::sentence, "The parts are understood, but the rule puts them in the order {1:kinds}.", "各部分都能识别，但规则要求的顺序是{1}。"},
    {Part::sentence, "The tag is understood, but not spelt as the rule says: {1:rule}; rightly spelt it is \"{2}\".", "标签可以识别，但写法不符合规则：{1}；正确的写法是“{2}”。"},
    {Part::sentence, "The tag is understood, but not spelt as the rule says: {1:rule}.", "标签可以识别，但写法不符合规则：{1}。"},
    {Part::sentence, "\"{1}\" is understood as {2}, but not spelt as the rule says; rightly spelt it is \"{3}\".", "“{1}”可识别为 {2}，但写法不符合规则；正确的写法是“{3}”。"},
    {Part::sentence, "\"{1}\" is understood as {2}, but not spelt as the rule says.", "“{1}”可识别为 {2}，但写法不符合规则。"},
    {Part::sentence, "No rule knows what the part \"{1}\" means; it was not judged.", "没有规则能识别“{1}”这一部分的含义，未作判定。"},
    {Part::sentence, "\"{1}\" names no component; the repository does: it is read as {2}.", "“{1}”没有写出组件名称，按仓库名理解为 {2}。"},

    // Claims against what an image holds.
    {Part::sentence, "The tag claims nothing that can be judged.", "标签没有声明任何可以判定的内容。"},
    {Part::sentence, "The tag claims the flavour {1}; the image has what makes {2}.", "标签声明的镜像类型是 {1}，实际内容却属于 {2}。"},
    {Part::sentence, "The flavour {1} comes with {2}; it is not in the image.", "镜像类型 {1} 应带有 {2}，镜像中却没有。"},
    {Part::sentence, "The tag claims {1}; {2:why}.", "标签声明 {1}，{2}。"},
    {Part::sentence, "The tag claims {1}; the image holds {2:list}.", "标签声明 {1}，镜像中实际为 {2}。"},
    {Part::sentence, "The tag claims {1}; the image is {2:list}.", "标签声明 {1}，镜像实际为 {2}。"},
    {Part::sentence, "The tag claims {1}; nothing in the image is of it.", "标签声明 {1}，镜像中却没有任何内容属于该系统。"},
    {Part::sentence, "The tag claims {1}; it is not in the image: nothing lies at {2:commas} or where else it could be.", "标签声明 {1}，镜像中却没有：{2} 以及其他可能的位置都没有任何文件。"},
    {Part::sentence, "The tag claims {1}; it is not in the image: nothing lies at {2:commas}.", "标签声明 {1}，镜像中却没有：{2} 处没有任何文件。"},
    {Part::sentence, "The tag claims {1}; it is not in the image.", "标签声明 {1}，镜像中却没有。"},
    {Part::sentence, "The tag claims {1}; its files are only placeholders without content.", "标签声明 {1}，镜像中它的文件却只是没有内容的占位文件。"},
    {Part::sentence, "The floating tag stands for {1}; the image is {2}, which it stood for until {3}.", "浮动标签目前对应 {1}，镜像却是 {2}；该标签在 {3} 之前对应的正是后者。"},
    {Part::sentence, "The floating tag stands for {1}; the image is {2}, which it stood for from {3} to {4}.", "浮动标签目前对应 {1}，镜像却是 {2}；该标签在 {3} 至 {4} 期间对应的正是后者。"},
    {Part::sentence, "The floating tag stands for {1}; the image is {2}.", "浮动标签目前对应 {1}，镜像却是 {2}。"},
    {Part::sentence, "{1} is installed, an SDK for other hardware than the tag claims.", "镜像中装有 {1}，这是面向其他硬件的 SDK，与标签声明的不同。"},
    {Part::sentence, "{1:number} of {2:number} packages is built for {3:or}, not for {4}.", "{2} 个软件包中有 {1} 个是为 {3} 构建的，而不是为 {4} 构建的。"},
    {Part::sentence, "{1:number} of {2:number} packages are built for {3:or}, not for {4}.", "{2} 个软件包中有 {1} 个是为 {3} 构建的，而不是为 {4} 构建的。"},
    {Part::sentence, "{1:number} of {2:number} packages that name a release are built for {3}, and the image is {4}.", "标明系统版本的 {2} 个软件包中有 {1} 个是为 {3} 构建的，镜像的系统版本却是 {4}。"},
    {Part::sentence, "{1} is built for {2}, not for {3}.", "{1} 是为 {2} 构建的，而不是为 {3} 构建的。"},
    {Part::sentence, "{1} lacks {2}, without which it does not use {3}.", "{1} 缺少 {2}，没有后者就无法使用 {3}。"},
    {Part::sentence, "{1} is built without {2}.", "{1} 构建时没有启用 {2}。"},
    {Part::sentence, "The image has development tools, and its tag does not say -dev.", "镜像中有开发工具，标签却没有写 -dev。"},
    {Part::sentence, "The tag says -dev; there is no compiler in the image, and no package brings headers.", "标签写有 -dev，镜像中却没有编译器，也没有软件包提供头文件。"},
    {Part::sentence, "The image is offered for {1}; its config says {2}.", "镜像发布的平台是 {1}，镜像配置中写的却是 {2}。"},
    {Part::sentence, "The image is offered for {1}; {2:number} of its {3:number} packages are built for {4}.", "镜像发布的平台是 {1}，其 {3} 个软件包中却有 {2} 个是为 {4} 构建的。"},
    {Part::sentence, "The image is offered for {1}; {2:number} of its {3:number} programs and libraries are built for {4}.", "镜像发布的平台是 {1}，其 {3} 个程序和库中却有 {2} 个是为 {4} 构建的。"},
    {Part::sentence, "The image is offered for {1}; its {2} is built for {3}.", "镜像发布的平台是 {1}，其中的 {2} 却是为 {3} 构建的。"},
    {Part::sentence, "The config lists {1:number} diff_ids for {2:number} layers.", "镜像有 {2} 层，配置中却列出 {1} 个 diff_id。"},
    {Part::sentence, "Layer {1:number} does not hash to the diff_id that the config gives it, so the config's account of its parents is not true.",
     "第 {1} 层算出的摘要与配置中的 diff_id 不一致，因此配置中关于上级镜像的记录不属实。"},
    {Part::sentence, "{1:number} part of the image could not be read, so it may hide something.", "镜像中有 {1} 处内容无法读取，其中可能藏有其他内容。"},
    {Part::sentence, "{1:number} parts of the image could not be read, so they may hide something.", "镜像中有 {1} 处内容无法读取，其中可能藏有其他内容。"},
    {Part::sentence, "Only manifest and config were looked at; nothing that the tag says is proven.", "只查看了清单（manifest）和镜像配置，标签所说的内容都没有得到证实。"},
    {Part::sentence, "One tag, and not one content: {1} is {2:commas} on {3}, but {4:elsewhere}.", "同一标签在各平台上的内容不一致：{1} 在 {3} 上为 {2}，{4}。"},
    {Part::sentence, "The index promises a platform without a name ({1}), and the registry does not have it.", "索引中列出了一个没有名称的平台（{1}），镜像仓库中却没有。"},
    {Part::sentence, "The index promises {1} ({2}), and the registry does not have it.", "索引中列出了平台 {1}（{2}），镜像仓库中却没有。"},

    // Images among each other.
    {Part::sentence, "The tag stands for {1}, but it is not the image of {2}.", "标签应对应 {1}，但它指向的不是 {2} 的镜像。"},
    {Part::sentence, "The tag pointed to another image at the last audit.", "上次审计时，标签指向的是另一个镜像。"},
    {Part::sentence, "This tag is not the same image in every registry, and it is missing in {1:missing}.", "该标签在各镜像仓库中不是同一个镜像，并且在 {1} 中缺失。"},
    {Part::sentence, "This tag is not the same image in every registry.", "该标签在各镜像仓库中不是同一个镜像。"},
    {Part::sentence, "This tag is missing in {1:missing}.", "该标签在 {1} 中缺失。"},
    {Part::sentence, "The image is built on {1}, which says {2}, not {3}.", "镜像基于 {1} 构建，后者声明的是 {2}，而不是 {3}。"},
    {Part::sentence, "The image is built on an older build of {1}, which has been published anew since; build it again.", "镜像基于 {1} 的旧版构建，该上级镜像此后已重新发布，请重新构建本镜像。"},
    {Part::sentence, "None of the published images below this one is {1:with}; the nearest is {2}.", "本镜像所基于的已发布镜像中没有 {1}，其中最近的是 {2}。"},
    {Part::sentence, "No published image was found below this one: it was squashed, or its parent is not published here.",
     "没有找到本镜像所基于的已发布镜像：可能各层已被合并（squash），也可能上级镜像没有在这里发布。"},
    {Part::sentence, "What was published here as {1:with} when this image was built is not known; the nearest below this one is {2}.",
     "无法得知构建本镜像时这里以 {1} 发布的是什么；本镜像所基于的已发布镜像中最近的是 {2}。"},
    {Part::sentence, "No image with {1:with} that could be read is published here; the nearest below this one is {2}.", "这里没有发布可读取的 {1} 镜像；本镜像所基于的已发布镜像中最近的是 {2}。"},

    // Declarations against what is published.
    {Part::sentence, "The tag \"{1}\" is no legal tag, so no registry can hold it.", "标签“{1}”不是合法的标签，任何镜像仓库都无法存放。"},
    {Part::sentence, "{1} is declared; {2} has no repository {3}.", "{1} 已有声明，{2} 上却没有仓库 {3}。"},
    {Part::sentence, "{1} is declared; {2} does not have it.", "{1} 已有声明，{2} 上却没有。"},
    {Part::sentence, "{1} is declared for linux/{2}; {3} has it without that platform.", "{1} 声明了平台 linux/{2}，{3} 上的却不含该平台。"},
    {Part::sentence, "{1} is published; no meta.yml declares it.", "{1} 已发布，却没有任何 meta.yml 声明它。"},

    // Declarations: their tags and paths.
    {Part::sentence, "The tag \"{1}\" cannot be pushed to any registry: a tag is at most 128 letters, digits, '_', '.' and '-', and does not begin with '.' or '-'. Rename it.",
     "标签“{1}”无法推送到任何镜像仓库：标签最长 128 个字符，只能包含字母、数字、“_”、“.”和“-”，且不能以“.”或“-”开头。请改名。"},
    {Part::sentence, "The tag {1} claims {2}; its Dockerfile is also that of {3} (line {4:number}), and one Dockerfile gives one version. Give each its own.",
     "标签 {1} 声明 {2}，但它与 {3}（第 {4} 行）共用一个 Dockerfile，而一个 Dockerfile 只能构建出一个版本。请为它们分别提供 Dockerfile。"},
    {Part::sentence, "The tag {1} has the path \"{2}\": the folder is named {3}, the Dockerfile starts from {4} as the tag claims. Rename the folder.",
     "标签 {1} 的路径是“{2}”：目录名是 {3}，其中的 Dockerfile 却与标签声明一致，基于 {4}。请给目录改名。"},
    {Part::sentence, "The tag {1} has the path \"{2}\": the folder is named {3}, the Dockerfile builds {4} as the tag claims. Rename the folder.",
     "标签 {1} 的路径是“{2}”：目录名是 {3}，其中的 Dockerfile 却与标签声明一致，构建的是 {4}。请给目录改名。"},
    {Part::sentence, "The tag {1} has the path \"{2}\", which names no file of the folder {3:folder}.", "标签 {1} 的路径是“{2}”，但{3}。"},
    {Part::sentence, "The tag {1} claims {2}; its path \"{3}\" leads to the folder of {4}, and that is what the Dockerfile builds.", "标签 {1} 声明 {2}，路径“{3}”却指向 {4} 的目录，Dockerfile 构建的也正是后者。"},
    {Part::sentence, "The tag {1} claims {2}; its path \"{3}\" leads to the folder of {4}.", "标签 {1} 声明 {2}，路径“{3}”却指向 {4} 的目录。"},

    // Declarations: their Dockerfiles and bases.
    {Part::sentence, "The tag {1} claims {2}; its final base \"{3}\" is itself built on \"{4}\", which is {5}. Mend the Dockerfile of {6} first.",
     "标签 {1} 声明 {2}，但最终基础镜像“{3}”本身基于“{4}”构建，后者是 {5}。请先修正 {6} 的 Dockerfile。"},
    {Part::sentence, "The tag {1} claims {2}; its final base \"{3}\" stands for {4} today.", "标签 {1} 声明 {2}，最终基础镜像“{3}”目前对应的却是 {4}。"},
    {Part::sentence, "The tag {1} claims {2}; its final base \"{3}\" is {4}.", "标签 {1} 声明 {2}，最终基础镜像“{3}”却是 {4}。"},
    {Part::sentence, "The tag {1} claims {2}; its base \"{3}\", built on \"{4}\", has {5}, and the Dockerfile names no other.",
     "标签 {1} 声明 {2}，但基础镜像“{3}”基于“{4}”构建，带来的是 {5}，Dockerfile 也没有写明其他版本。"},
    {Part::sentence, "The tag {1} claims {2}; its base \"{3}\" has {4}, and the Dockerfile names no other.", "标签 {1} 声明 {2}，但基础镜像“{3}”带来的是 {4}，Dockerfile 也没有写明其他版本。"},
    {Part::sentence, "The tag {1} claims {2}; its Dockerfile builds {3} and names {4} nowhere. Set {5} to the version of the tag.",
     "标签 {1} 声明 {2}，但它的 Dockerfile 构建的是 {3}，没有任何地方写到 {4}。请把 {5} 改为标签中的版本。"},
    {Part::sentence, "The tag {1} claims {2}; its Dockerfile builds {3} and names {4} nowhere. Whether that is the same version in another form was not judged.",
     "标签 {1} 声明 {2}，但它的 Dockerfile 构建的是 {3}，没有任何地方写到 {4}。两者是否为同一版本的不同写法，未作判定。"},
    {Part::sentence, "The tag {1} claims {2}; no base tells which it is, and the Dockerfile names {3} and {4} nowhere, so it was not judged.",
     "标签 {1} 声明 {2}，但没有基础镜像说明它的版本，Dockerfile 写到的是 {3}，没有任何地方写到 {4}，未作判定。"},
    {Part::sentence, "The tag {1} claims {2}; its Distrofile is of the release \"{3}\". Set the release, or change the tag.", "标签 {1} 声明 {2}，它的 Distrofile 却属于版本“{3}”。请改正 release，或修改标签。"},
    {Part::sentence, "The Dockerfile of {1} sets {2}, but no instruction uses it, and none names {3}: which version of {4} is installed was not judged.",
     "{1} 的 Dockerfile 设置了 {2}，却没有指令用到它，也没有指令写到 {3}：安装的是 {4} 的哪个版本，未作判定。"},
    {Part::sentence, "The Distrofile of {1} calls itself \"{2}\"; which of the two it makes was not judged.", "{1} 的 Distrofile 自称“{2}”，它生成的是两者中的哪一个，未作判定。"},
    {Part::sentence, "The Distrofile cannot be read as far as its release ({1:mistake}), so that was not judged.", "Distrofile 在 release 之前就无法继续读取（{1}），未判定其版本。"},
    {Part::sentence, "The final base \"{1}\" names the image {2}, not one of the system's own, so whether it is {3} was not judged.",
     "最终基础镜像“{1}”指的是镜像 {2}，不是该系统自己发布的镜像，它是否为 {3}，未作判定。"},
    {Part::sentence, "The final base \"{1}\" does not tell by its tag which system it is, so whether it is {2} was not judged.", "最终基础镜像“{1}”的标签没有说明是哪个系统，它是否为 {2}，未作判定。"},
    {Part::sentence, "The final base \"{1}\" leads back to itself through the Dockerfiles of this tree, so which system it is was not judged.",
     "最终基础镜像“{1}”经由目录树中的 Dockerfile 又回到自身，它是哪个系统，未作判定。"},
    {Part::sentence, "The final base \"{1}\" names {2} and no service pack, so whether it is {3} was not judged.", "最终基础镜像“{1}”写的是 {2}，没有写明 SP 版本，它是否为 {3}，未作判定。"},
    {Part::sentence, "The Dockerfile upgrades the system of its base \"{1}\", so which release it ends up with was not judged.", "Dockerfile 会升级基础镜像“{1}”的系统，升级后是哪个版本，未作判定。"},
    {Part::sentence, "The final base \"{1}\" moves (today it is {2}), so that the same Dockerfile gives another image some day.",
     "最终基础镜像“{1}”使用浮动标签（目前为 {2}），日后用同一个 Dockerfile 会构建出不同的镜像。"},
    {Part::sentence, "The final base \"{1}\" moves, so that the same Dockerfile gives another image some day.", "最终基础镜像“{1}”使用浮动标签，日后用同一个 Dockerfile 会构建出不同的镜像。"},
    {Part::sentence, "The final base \"{1}\" names no tag, which means latest, and that moves (today it is {2}), so that the same Dockerfile gives another image some day.",
     "最终基础镜像“{1}”没有写标签，即 latest，这是浮动标签（目前为 {2}），日后用同一个 Dockerfile 会构建出不同的镜像。"},
    {Part::sentence, "The final base \"{1}\" names no tag, which means latest, and that moves, so that the same Dockerfile gives another image some day.",
     "最终基础镜像“{1}”没有写标签，即 latest，这是浮动标签，日后用同一个 Dockerfile 会构建出不同的镜像。"},
    {Part::sentence, "The final base \"{1}\" cannot be told: {2:unknown}, so it was not judged.", "无法确定最终基础镜像“{1}”：{2}，未作判定。"},
    {Part::sentence, "A whole root file system is copied over the final base \"{1}\", so it was not judged.", "最终基础镜像“{1}”之上复制了一整套根文件系统，未作判定。"},
    {Part::sentence, "The final base \"{1}\" proves nothing by its name: {2:distrust}, so it was not judged.", "最终基础镜像“{1}”的名称不能证明任何事：{2}，未作判定。"},
    {Part::sentence, "The final base \"{1}\" is no name of an image, so nothing can be built. Mend it.", "最终基础镜像“{1}”不是合法的镜像名，无法构建。请修正。"},
    {Part::sentence, "The build stage {1} starts from \"{2}\" as the final stage does, and what it builds is copied into the image: whether that runs on another system was not judged. Start it from {3}, too.",
     "构建阶段 {1} 与最终阶段一样基于“{2}”，其构建结果会复制到镜像中：这些内容能否在其他系统上运行，未作判定。请让它也改用 {3}。"},
    {Part::sentence, "The Dockerfile could not be read, so what it builds was not judged: {1:error}.", "Dockerfile 无法读取，它构建的是什么，未作判定：{1}。"},
    {Part::sentence, "The Dockerfile cannot be built: {1:mistake}.", "Dockerfile 无法构建：{1}。"},
    {Part::sentence, "This {1} is never carried out: line {2:number} ends with a continuation, and blank and comment lines do not end it, so this line becomes arguments of the {3} of line {4:number}. Take the continuation away.",
     "这条 {1} 指令不会执行：第 {2} 行以续行符结尾，空行和注释行不会终止续行，本行因此成为第 {4} 行 {3} 指令的参数。请去掉该续行符。"},

    // Declarations: the files that declare.
    {Part::sentence, "The directory {1} cannot be read: {2}.", "目录 {1} 无法读取：{2}。"},
    {Part::sentence, "The image {1} is published from two directories, {2} ({3}:{4:number}) and {5}: one repository gets the tags of both. Rename one of them.",
     "镜像 {1} 由两个目录发布：{2}（{3}:{4}）和 {5}，同一个仓库会得到两者的标签。请给其中一个改名。"},
    {Part::sentence, "The list of images cannot be read: {1:error}.", "镜像列表无法读取：{1}。"},
    {Part::sentence, "The list of images is not right: {1:mistake}.", "镜像列表有误：{1}。"},
    {Part::sentence, "No registry can hold a repository of the name \"{1}\": names are lower case letters, digits and single separators.",
     "任何镜像仓库都无法存放名为“{1}”的仓库：名称只能由小写字母、数字和单个分隔符组成。"},
    {Part::sentence, "The folder \"{1}\" of the image {2} does not exist. Mend the folder, or take the line out.", "镜像 {2} 的目录“{1}”不存在。请修正目录，或删除这一行。"},
    {Part::sentence, "The file cannot be read, so nothing of it was judged: {1:error}.", "文件无法读取，其中的内容都未作判定：{1}。"},
    {Part::sentence, "The file is not right: {1:mistake}.", "文件有误：{1}。"},
    {Part::sentence, "The image has the name of its folder, \"{1}\", and no registry can hold a repository of that name: names are lower case letters, digits and single separators.",
     "镜像沿用所在目录的名称“{1}”，而任何镜像仓库都无法存放这个名称的仓库：名称只能由小写字母、数字和单个分隔符组成。"},

    {Part::why, "nothing in the image proves or disproves it", "镜像内容既不能证实也不能否定"},
    {Part::why, "parts of the image could not be read", "但镜像有部分内容无法读取"},
    {Part::why, "only the image's own settings name it, and settings prove nothing", "但只有镜像自身的设置提到它，而设置不能作为证据"},
    {Part::why, "files that may belong to it are there, but none that proves it", "镜像中有可能属于它的文件，但都不足以证明"},
    {Part::why, "it is not in the image, and no rule tells what tags of this repository mean", "镜像中没有它，但也没有规则说明该仓库的标签是什么含义"},
    {Part::why, "no rule knows it", "但没有规则能识别它"},
    {Part::why, "the image says both {1} and {2} of itself", "但镜像自称的版本前后不一，既有 {1} 又有 {2}"},
    {Part::why, "the image says to be {1} as well", "但镜像同时自称是 {1}"},
    {Part::why, "another model is there, and weights of which nothing tells the model", "但镜像中有另一个模型，还有无法判断属于哪个模型的权重文件"},
    {Part::why, "it is there, but nothing in the image tells its version", "镜像中有它，但没有任何内容说明其版本"},
    {Part::why, "the image holds a build from between releases, {1}", "但镜像中的是介于两个正式版本之间的构建 {1}"},
    {Part::why, "the image tells no more of its version than {1}", "但镜像只能说明其版本为 {1}，没有更具体的信息"},
    {Part::why, "nothing in the image shows what it is of", "但镜像中没有任何内容说明它属于哪一种"},
    {Part::why, "only {1} is proven, and more may be there", "但只能证实 {1}，镜像中可能还有更多内容"},
    {Part::why, "no package of its name and no rule shows its version", "但没有同名软件包或规则能说明其版本"},
    {Part::why, "its package tells no comparable version", "但同名软件包没有可以比较的版本"},
    {Part::why, "a package of its name is of another version, and more of that name lies elsewhere", "同名软件包是另一个版本，但镜像别处还有同名的内容"},
    {Part::why, "a package of its name is of another version, and the image has a compiler that may have built it over the package",
     "同名软件包是另一个版本，但镜像中有编译器，可能重新构建并覆盖了该软件包"},
    {Part::why, "whether it has {1} for {2} could not be told", "但无法确定其中是否有用于 {2} 的 {1}"},
    {Part::why, "files that may belong to them are there, but no compiler", "镜像中有可能属于它的文件，但没有编译器"},
    {Part::why, "the image's packages could not be read whole, so nothing proves or disproves it", "但镜像的软件包没能完整读取，既不能证实也不能否定"},

    {Part::start, "an image {1} of {2}, which this tree does not declare yet", "基于 {2} 的 {1} 镜像（目录树中尚未声明）"},
    {Part::start, "an image {1} of {2}", "基于 {2} 的 {1} 镜像"},
    {Part::start, "an image of {1}", "基于 {1} 的镜像"},
    {Part::start, "{1}", " {1} 作为基础镜像"},

    {Part::folder, "{1:folder}; it also leads to the folder of {2} and of {3}, which is not the tag's", "{1}；它还指向 {2} 和 {3} 的目录，与标签不符"},
    {Part::folder, "{1:folder}; it also leads to the folder of {2}, which is not the tag's", "{1}；它还指向 {2} 的目录，与标签不符"},
    {Part::folder, "{1} (a path that begins with / never does)", "目录 {1} 中没有对应的文件（以 / 开头的路径不可能有）"},
    {Part::folder, "{1}", "目录 {1} 中没有对应的文件"},

    {Part::unknown, "{1} depends on the platform", "{1} 取决于平台"},
    {Part::unknown, "{1} has no default", "{1} 没有默认值"},
    {Part::unknown, "FROM names no image", "FROM 没有写明镜像"},
    {Part::unknown, "\"{1}\" is empty", "“{1}”为空"},
    {Part::unknown, "a value of more than {1:number} bytes", "其值超过 {1} 字节"},
    {Part::unknown, "a value nested deeper than {1:number} levels", "其值嵌套超过 {1} 层"},
    {Part::unknown, "a variable of the shell", "其中有 shell 变量"},
    {Part::unknown, "${} names no variable", "${} 没有写变量名"},
    {Part::unknown, "${…} names no variable", "${…} 没有写变量名"},
    {Part::unknown, "${{1} is not closed", "${{1} 没有闭合"},
    {Part::unknown, "${{1}…} in a form that is not worked out", "不支持 ${{1}…} 的这种写法"},

    {Part::distrust, "it is pinned by digest, and the digest alone decides what it is", "它按摘要固定，内容只由摘要决定"},
    {Part::distrust, "its registry is none of those in which {1} publishes", "它所在的镜像仓库不是 {1} 的发布渠道"},

    {Part::mistake, "the parser directive escape takes \\ or `, not \"{1}\"", "解析指令 escape 只能是 \\ 或 `，不能是“{1}”"},
    {Part::mistake, "the here-document \"{1}\" has no end", "here-document“{1}”没有结束"},
    {Part::mistake, "FROM names no image", "FROM 没有写明镜像"},
    {Part::mistake, "FROM takes an image, or an image, AS and a name", "FROM 之后应为镜像，或镜像、AS 和名称"},
    {Part::mistake, "\"{1}\" stands before the first FROM", "“{1}”位于第一个 FROM 之前"},
    {Part::mistake, "no FROM: there is nothing to build", "没有 FROM，没有可构建的内容"},
    {Part::mistake, "an alias (*name) is not followed", "不支持别名（*name）"},
    {Part::mistake, "nested deeper than {1:number} levels", "嵌套超过 {1} 层"},
    {Part::mistake, "the text is not UTF-8", "文本不是 UTF-8 编码"},
    {Part::mistake, "a tab in the indentation, where YAML takes blanks only", "缩进中有制表符，YAML 只允许用空格缩进"},
    {Part::mistake, "not YAML: {1}", "不是合法的 YAML：{1}"},
    {Part::mistake, "the file must map tags to their Dockerfiles: <tag>: {path: <Dockerfile>}", "文件应把标签映射到各自的 Dockerfile：<tag>: {path: <Dockerfile>}"},
    {Part::mistake, "a key that is no text; a key is a tag", "键不是文本，键应为标签"},
    {Part::mistake, "the tag \"{1}\" stands twice; line {2:number} has it already, and only that one is used", "标签“{1}”重复出现，第 {2} 行已有，且只有那一处生效"},
    {Part::mistake, "the tag \"{1}\" has no path; write the path of its Dockerfile below it", "标签“{1}”没有 path，请在它下面写明 Dockerfile 的路径"},
    {Part::mistake, "the file has no key \"images\" that maps each image to its folder", "文件没有把各镜像映射到目录的键“images”"},
    {Part::mistake, "\"images\" must map each image to its folder", "“images”应把各镜像映射到目录"},
    {Part::mistake, "the image \"{1}\" has no folder", "镜像“{1}”没有写明目录"},
    {Part::mistake, "the image \"{1}\" stands twice; line {2:number} has it already", "镜像“{1}”重复出现，第 {2} 行已有"},

    {Part::error, "read file: {1}: more than {2:number} bytes; raise limits.{3}", "读取文件 {1}：超过 {2} 字节，可调大 limits.{3}"},
    {Part::error, "read file: {1}: {2}", "读取文件 {1}：{2}"},
    {Part::error, "read Dockerfile: {1:number} bytes (limit {2:number}); raise limits.{3}", "读取 Dockerfile：{1} 字节（上限 {2}），可调大 limits.{3}"},
    {Part::error, "read Dockerfile: more than {1:number} lines; raise limits.{2}", "读取 Dockerfile：超过 {1} 行，可调大 limits.{2}"},
    {Part::error, "read Dockerfile: more than {1:number} stages", "读取 Dockerfile：超过 {1} 个构建阶段"},
    {Part::error, "read Dockerfile: more than {1:number} ARG and ENV", "读取 Dockerfile：ARG 和 ENV 超过 {1} 个"},
    {Part::error, "{1}", "{1}"},

    {Part::rule, "any tag", "任意标签"},
    {Part::rule, "copy of an {1} image, {2}", "{1} 镜像的副本，{2}"},
    {Part::rule, "{1} application image, {2}", "{1} 应用镜像，{2}"},
    {Part::rule, "{1} base image, {2}", "{1} 基础镜像，{2}"},
    {Part::rule, "{1} community image, {2}", "{1} 社区镜像，{2}"},
    {Part::rule, "{1} image, {2} or {3}", "{1} 镜像，{2} 或 {3}"},
    {Part::rule, "{1} image, {2}", "{1} 镜像，{2}"},
    {Part::rule, "{1}", "{1}"},
};

constexpr std::size_t kLongest = 16 << 10;   // bytes of a sentence; of one from a store nobody knows how long it is
constexpr std::size_t kMostWork = 4 << 20;   // bytes looked at for one sentence
constexpr std::size_t kDeepest = 8;          // sentences in sentences
constexpr std::size_t kParts = static_cast<std::size_t>(Part::last) + 1;

struct Translated {
    std::string english;  // put together anew, to be compared with what was asked for
    std::string chinese;
    std::vector<std::string> facts;
};

struct List {
    std::string_view separator, last, chinese, chinese_last;  // of the English list, and of the Chinese one
};
struct NamedList {
    std::string_view name;
    List list;
};
constexpr std::array<NamedList, 5> kLists{{{"list", {", ", " and ", "、", " 和 "}},
                                           {"commas", {", ", ", ", "、", "、"}},
                                           {"or", {" or ", " or ", " 或 ", " 或 "}},
                                           {"with", {" with ", " with ", " + ", " + "}},
                                           {"missing", {", and it is missing in ", ", and it is missing in ", "、", "、"}}}};
constexpr std::array<std::pair<std::string_view, Part>, kParts> kPartNames{{{"sentence", Part::sentence},
                                                                          {"why", Part::why},
                                                                          {"start", Part::start},
                                                                          {"folder", Part::folder},
                                                                          {"unknown", Part::unknown},
                                                                          {"distrust", Part::distrust},
                                                                          {"mistake", Part::mistake},
                                                                          {"error", Part::error},
                                                                          {"rule", Part::rule}}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Hole {
    std::size_t number = 0;  // from 1
    std::string_view kind;
};

// What stands between the holes: one literal more than there are holes.
struct Pattern {
    std::vector<std::string_view> literals;
    std::vector<Hole> holes;
};

// A brace that no digit follows is one of the text.
Pattern read_pattern(std::string_view text) {
    Pattern pattern;
    std::size_t start = 0;
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        if (text[i] != '{' || !is_digit(text[i + 1])) continue;
        const std::size_t end = text.find('}', i);
        VERITAG_ASSERT(end != std::string_view::npos);
        const std::string_view inside = text.substr(i + 1, end - i - 1);
        pattern.literals.push_back(text.substr(start, i - start));
        pattern.holes.push_back({static_cast<std::size_t>(inside.front() - '0'), inside.size() > 2 ? inside.substr(2) : std::string_view()});
        start = end + 1;
        i = end;
    }
    pattern.literals.push_back(text.substr(start));
    return pattern;
}

struct Row {
    Pattern english, chinese;
};

const std::vector<Row>& rows_of(Part part) {
    static const std::array<std::vector<Row>, kParts> rows = [] {
        std::array<std::vector<Row>, kParts> all;
        for (const Sentence& each : kSentences) all[static_cast<std::size_t>(each.part)].push_back({read_pattern(each.english), read_pattern(each.chinese)});
        return all;
    }();
    return rows[static_cast<std::size_t>(part)];
}

std::string fill_holes(const Pattern& pattern, const std::vector<Translated>& values, std::string Translated::* language) {
    std::string text(pattern.literals.front());
    for (std::size_t i = 0; i < pattern.holes.size(); ++i) {
        text += values[pattern.holes[i].number - 1].*language;
        text += pattern.literals[i + 1];
    }
    return text;
}

Translated fact(std::string_view text) { return {std::string(text), std::string(text), {std::string(text)}}; }

// Looks for the row whose English gives the text. Where a hole ends is tried from the front, place after place, until what stands in it is
// of its kind and the rest fits, too. All tries count, so that text which repeats what stands behind a hole takes no longer.
class Translator {
public:
    std::optional<Translated> any_of(Part part, std::string_view text, std::size_t depth) {
        if (depth > kDeepest) return std::nullopt;
        for (const Row& row : rows_of(part)) {
            std::vector<Translated> values;
            if (!fits(row.english, text, depth, values)) continue;
            Translated whole{fill_holes(row.english, values, &Translated::english), fill_holes(row.chinese, values, &Translated::chinese), {}};
            for (Translated& value : values) std::move(value.facts.begin(), value.facts.end(), std::back_inserter(whole.facts));
            return whole;
        }
        return std::nullopt;
    }

private:
    bool fits(const Pattern& pattern, std::string_view text, std::size_t depth, std::vector<Translated>& values) {
        if (pattern.holes.empty()) return text == pattern.literals.front();
        const std::string_view first = pattern.literals.front(), last = pattern.literals.back();
        if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last) || !may_look_at(text)) return false;
        text.remove_prefix(first.size());
        text.remove_suffix(last.size());
        return fits_from(0, pattern, text, depth, values);
    }

    bool fits_from(std::size_t number, const Pattern& pattern, std::string_view text, std::size_t depth, std::vector<Translated>& values) {
        const Hole& hole = pattern.holes[number];
        if (number + 1 == pattern.holes.size()) {
            std::optional<Translated> value = value_of(hole, text, depth);
            if (value) values.push_back(std::move(*value));
            return value.has_value();
        }
        const std::string_view behind = pattern.literals[number + 1];
        for (std::size_t at = text.find(behind); at != std::string_view::npos; at = text.find(behind, at + 1)) {
            if (!may_look_at(text)) return false;
            std::optional<Translated> value = value_of(hole, text.substr(0, at), depth);
            if (!value) continue;
            values.push_back(std::move(*value));
            if (fits_from(number + 1, pattern, text.substr(at + behind.size()), depth, values)) return true;
            values.pop_back();
        }
        return false;
    }

    std::optional<Translated> value_of(const Hole& hole, std::string_view text, std::size_t depth) {
        if (hole.kind.empty()) return fact(text);
        if (hole.kind == "number") return !text.empty() && std::all_of(text.begin(), text.end(), is_digit) ? std::optional(fact(text)) : std::nullopt;
        if (hole.kind == "kinds") return kinds(text);
        if (hole.kind == "elsewhere") return elsewhere(text);
        for (const auto& [name, list] : kLists)
            if (name == hole.kind) return list_of(list, text);
        for (const auto& [name, part] : kPartNames)
            if (name == hole.kind) return any_of(part, text, depth + 1);
        VERITAG_ASSERT(false);
        return std::nullopt;
    }

    static Translated list_of(const List& list, std::string_view text) {
        Translated whole{std::string(text), {}, {}};
        const std::size_t last = text.rfind(list.last);
        if (last == std::string_view::npos) {
            whole.chinese = text;
            whole.facts = {std::string(text)};
            return whole;
        }
        const std::string_view end = text.substr(last + list.last.size());
        text = text.substr(0, last);
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t next = std::min(text.find(list.separator, start), text.size());
            const std::string item(text.substr(start, next - start));
            whole.chinese += (start == 0 ? std::string() : std::string(list.chinese)) + item;
            whole.facts.push_back(item);
            start = next == text.size() ? next + 1 : next + list.separator.size();
        }
        whole.chinese += std::string(list.chinese_last) + std::string(end);
        whole.facts.emplace_back(end);
        return whole;
    }

    // "llm, framework, sdk, os"
    static std::optional<Translated> kinds(std::string_view text) {
        Translated whole{std::string(text), {}, {}};
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t next = std::min(text.find(", ", start), text.size());
            std::optional<std::string_view> word;
            for (int i = 0; i <= static_cast<int>(ComponentKind::app); ++i)
                if (const auto kind = static_cast<ComponentKind>(i); to_string(kind) == text.substr(start, next - start)) word = kind_word(kind, Language::zh);
            if (!word) return std::nullopt;
            whole.chinese += (start == 0 ? "" : "、") + std::string(*word);
            start = next == text.size() ? next + 1 : next + 2;
        }
        return whole;
    }

    // "2.1.0, 2.2.0 on linux/amd64, 2.3.0 on linux/s390x"
    static std::optional<Translated> elsewhere(std::string_view text) {
        constexpr std::string_view kOn = " on ", kNext = ", ";
        Translated whole{std::string(text), {}, {}};
        for (;;) {
            const std::size_t on = text.find(kOn);
            if (on == std::string_view::npos) return std::nullopt;
            const Translated versions = list_of({kNext, kNext, "、", "、"}, text.substr(0, on));
            text.remove_prefix(on + kOn.size());
            const std::size_t end = text.find(kNext);
            const std::string platform(text.substr(0, end));
            whole.chinese += (whole.chinese.empty() ? "在 " : "，在 ") + platform + " 上为 " + versions.chinese;
            whole.facts.insert(whole.facts.end(), versions.facts.begin(), versions.facts.end());
            whole.facts.push_back(platform);
            if (end == std::string_view::npos) return whole;
            text.remove_prefix(end + kNext.size());
        }
    }

    bool may_look_at(std::string_view text) noexcept {
        const std::size_t cost = text.size() + 1;
        work_left_ -= std::min(work_left_, cost);
        return work_left_ > 0;
    }

    std::size_t work_left_ = kMostWork;
};

}  // namespace

std::span<const Sentence> sentences() noexcept { return kSentences; }

std::optional<Translation> translate(std::string_view english) {
    if (english.size() > kLongest) return std::nullopt;
    std::optional<Translated> whole = Translator().any_of(Part::sentence, english, 0);
    if (!whole || whole->english != english) return std::nullopt;
    return Translation{std::move(whole->chinese), std::move(whole->facts)};
}

}  // namespace veritag::report
