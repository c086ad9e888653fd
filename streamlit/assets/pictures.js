// A chart as the reader sees it, under its title, what it is of, its source and date: one SVG, or a PNG of it.
if (!window.isobarPictures) {
  window.isobarPictures = true;
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const MARGIN = 16, NARROWEST = 360, LEADING = 1.4;
  const SCALE = 2; // of a PNG: sharp on paper

  const element = (name, attributes) => {
    const made = document.createElementNS(NAMESPACE, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  };

  const wrapped = (text, font, width) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const rows = [""];
    text.split(" ").forEach((word) => {
      const longer = rows.at(-1) ? `${rows.at(-1)} ${word}` : word;
      if (rows.at(-1) && pen.measureText(longer).width > width) rows.push(word);
      else rows[rows.length - 1] = longer;
    });
    return rows;
  };

  const picture = (chart, lines) => {
    const page = getComputedStyle(document.querySelector(".stApp"));
    const [width, height] = [chart.width.baseVal.value, chart.height.baseVal.value];
    const textWidth = Math.max(width, NARROWEST);
    const texts = [];
    let top = MARGIN;
    lines.forEach((line, number) => {
      const [size, weight] = number ? [12, 400] : [16, 600];
      wrapped(line, `${weight} ${size}px ${page.fontFamily}`, textWidth).forEach((row) => {
        top += size * LEADING;
        const text = element("text", {
          x: MARGIN, y: top, "font-size": size, "font-weight": weight, "font-family": page.fontFamily, fill: page.color,
        });
        text.textContent = row;
        texts.push(text);
      });
    });
    top += MARGIN;
    const [wide, high] = [textWidth + 2 * MARGIN, top + height + MARGIN];
    const whole = element("svg", {width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, color: page.color});
    const copy = chart.cloneNode(true);
    copy.setAttribute("x", MARGIN);
    copy.setAttribute("y", top);
    whole.append(element("rect", {width: wide, height: high, fill: page.backgroundColor}), ...texts, copy);
    // Vega refers to gradients and clips by the address of the page, which the file does not have.
    const text = new XMLSerializer().serializeToString(whole).replaceAll(/url\([^)#]*#/g, "url(#");
    return {text, wide, high};
  };

  const asPng = async ({text, wide, high}) => {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [wide * SCALE, high * SCALE];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-picture]");
    const chart = button?.closest("[class*='st-key-picture_']").querySelector("svg.marks");
    if (!chart) return;
    const drawn = picture(chart, JSON.parse(button.dataset.lines));
    const isSvg = button.dataset.picture === "svg";
    const file = isSvg ? new Blob([drawn.text], {type: "image/svg+xml"}) : await asPng(drawn);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${button.dataset.file}.${button.dataset.picture}`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
