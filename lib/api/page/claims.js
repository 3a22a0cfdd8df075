// How an image's claims fared: what the page says in one line for each. Pure functions over an image of a report.

/** "true", "false" or "open" for each claim, with what the image shows of it. The findings decide; without one the observation does. */
export function judgeClaims(image) {
  const worst = ["false", "open", "true"];
  return image.claims.map((claim) => {
    const seen = image.observed.find((each) => each.component === claim.component);
    const finding = image.findings.find((each) => each.component === claim.component && each.severity === "error" && !each.code.startsWith("parent-") && each.code !== "mirror-divergence" && each.code !== "platform-divergence") ??
      image.findings.find((each) => each.component === claim.component && each.code === "unproven");
    const outcome = finding?.severity === "error" ? "false" : finding || image.verdict === "error" || !seen ? "open" : "true";
    const instead = outcome === "false" && !seen ? rival(image, claim, finding) : null;
    return { claim, seen: seen ?? instead, finding, outcome };
  }).sort((a, b) => worst.indexOf(a.outcome) - worst.indexOf(b.outcome));
}

/** What stands in the place of what was claimed: the other operating system, the other SDK. */
function rival(image, claim, finding) {
  if (!finding.observed) return null;
  return image.observed.find((each) => each.kind === claim.kind && each.component !== claim.component && each.version && finding.observed.endsWith(each.version)) ?? { component: claim.component, kind: claim.kind, version: finding.observed, proof: true, evidence: finding.evidence };
}

/** What the image shows beyond the claims. */
export const others = (image, judged) => image.observed.filter((each) => !judged.some((claim) => claim.seen === each));

/** The ancestors with the same layers are one place of the tree under several names: from the newest to the base. */
export function ancestors(image) {
  const places = new Map();
  for (const each of image.lineage) {
    if (!places.has(each.layers)) places.set(each.layers, { layers: each.layers, names: [], current: false });
    const place = places.get(each.layers);
    place.names.push(each);
    place.current ||= each.current;
  }
  return [...places.values()].sort((a, b) => b.layers - a.layers);
}

/** Whether the tag of an ancestor makes the image's claim, as far as that is certain without the rules: the version, in the repository of that component. */
function claimsTheSame(reference, claim) {
  const [, repository, tag] = /([^/:]+):([^/:]+)$/.exec(reference.toLowerCase()) ?? [];
  const version = claim.version.toLowerCase();
  return Boolean(version) && repository === claim.component.toLowerCase() && (tag === version || tag.split("-")[0] === version);
}

/** What is known of a place of the tree: "right", "wrong" or "untold". `judged` has the ancestors' own reports, by reference and digest. */
function honesty(image, place, finding, judged) {
  let wrong = false;
  for (const each of place.names) {
    const known = judged.get(`${each.reference} ${each.digest}`);
    if (known && known.verdict !== "error") {
      if (!known.findings.some((other) => other.code === finding.code && other.component === finding.component)) return "right";
      wrong = true;
    } else if (image.claims.some((claim) => claim.component === finding.component && claimsTheSame(each.reference, claim))) wrong = true;
  }
  return wrong ? "wrong" : "untold";
}

/**
 * Where each error of the image began: [{ layers, code, brought }], `layers` of the place in the tree, Infinity for the image. It is the first place
 * from the one that brought it on whose own tag is known to be wrong. A base that is what its own tag says is never accused: what was built on it is.
 */
export function wrongPlaces(image, judged = new Map()) {
  const places = ancestors(image).reverse();
  return image.findings.filter((each) => each.severity === "error" && !each.code.startsWith("parent-") && each.evidence[0] && each.evidence[0].layer !== null).map((finding) => {
    const above = places.filter((place) => place.layers > finding.evidence[0].layer);
    const wrong = above.find((place) => honesty(image, place, finding, judged) === "wrong");
    return { layers: wrong?.layers ?? Infinity, code: finding.code, brought: wrong ? wrong === above[0] : above.length === 0 };
  });
}

/** The layers in which what an error finding speaks of came in: number to codes. */
export function guiltyLayers(image) {
  const layers = new Map();
  for (const finding of image.findings)
    if (finding.severity === "error" && !finding.code.startsWith("parent-"))
      for (const each of finding.evidence.slice(0, 1))
        if (each.layer !== null) layers.set(each.layer, [...new Set([...(layers.get(each.layer) ?? []), finding.code])]);
  return layers;
}
