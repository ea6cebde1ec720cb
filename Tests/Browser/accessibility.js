// Looks over the page that is shown, and answers with what is wrong with it for people who do not see all
// of it.
(() => {
  const wrong = [];
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && element.getClientRects().length > 0;
  const describe = (element) => {
    const names = String(element.className?.baseVal ?? element.className).replaceAll(' ', '.');
    return `${element.localName}.${names} “${element.textContent.trim().slice(0, 40)}”`;
  };

  // Names.
  const nameOf = (element) => element.getAttribute('aria-label')
    || element.labels?.[0]?.textContent || element.textContent || element.title || element.alt;
  const named = 'a, button, input, select, textarea, [role=button], dialog';
  for (const element of document.querySelectorAll(named)) {
    if (visible(element) && !nameOf(element)?.trim()) wrong.push(`no name: ${describe(element)}`);
  }
  for (const image of document.images) if (!image.hasAttribute('alt')) wrong.push(`no alt: ${image.src}`);

  // Structure.
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title) wrong.push('no title');
  const headings = [...document.querySelectorAll('h1')].filter(visible).length;
  if (headings !== 1) wrong.push(`${headings} first headings`);
  for (const landmark of ['main', 'nav', 'header']) {
    if (!document.querySelector(landmark)) wrong.push(`no ${landmark}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const doubled = new Set(ids.filter((one, index) => ids.indexOf(one) !== index));
  for (const id of doubled) wrong.push(`twice: #${id}`);

  // Roles.
  const parents = {
    row: ['table', 'rowgroup', 'grid', 'log'], cell: ['row'], rowgroup: ['table', 'grid', 'log'],
  };
  for (const [role, allowed] of Object.entries(parents)) {
    for (const element of document.querySelectorAll(`[role=${role}]`)) {
      if (!allowed.includes(element.parentElement.getAttribute('role'))) {
        wrong.push(`a ${role} in no ${allowed[0]}: ${describe(element)}`);
      }
    }
  }

  // Focus: in the order of the document, and nothing that cannot be reached.
  for (const element of document.querySelectorAll('[tabindex]')) {
    if (element.tabIndex > 0) wrong.push(`out of order: ${describe(element)}`);
  }
  for (const element of document.querySelectorAll('.scroll, .virtual, .graph-area, pre')) {
    const scrolls = element.scrollHeight > element.clientHeight + 1
      && getComputedStyle(element).overflowY !== 'visible';
    if (visible(element) && scrolls && element.tabIndex < 0 && !element.querySelector('a, button, input')) {
      wrong.push(`scrolls by pointer alone: ${describe(element)}`);
    }
  }

  // Contrast (WCAG 2.2, 1.4.3): 4.5 for text, 3 for large text.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { channels: [red, green, blue], alpha: alpha / 255 };
  };
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { channels, alpha } = colour(getComputedStyle(at).backgroundColor);
      if (alpha > 0.95) return channels;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || seen.has(element) || !visible(element)) continue;
    if (element.closest('svg, :disabled, .offscreen, .skip, noscript, option, [aria-hidden=true]')) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const pair = [luminance(colour(style.color).channels), luminance(ground(element))]
      .sort((one, other) => other - one);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (contrast < (isLarge ? 3 : 4.5)) wrong.push(`contrast ${contrast.toFixed(1)}: ${describe(element)}`);
  }

  // Reflow (1.4.10): no scrolling sideways of the page as a whole.
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth + 1) wrong.push(`the page is ${scrollWidth} wide, the window ${clientWidth}`);
  return wrong;
})()
