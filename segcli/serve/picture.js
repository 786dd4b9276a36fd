function refresh() {
  const scale = Math.min(1, SHOWN_PX / Math.max(shown.width, shown.height));
  const canvas = $("canvas");
  canvas.width = Math.max(1, Math.round(shown.width * scale));
  canvas.height = Math.max(1, Math.round(shown.height * scale));
  const least = Math.min(480, window.innerWidth - 60); // small images are shown larger, pixel by pixel
  canvas.style.width = canvas.width < least ? `${least}px` : "";
  canvas.style.imageRendering = canvas.width < least / 2 ? "pixelated" : "";
  draw(canvas);
}

function draw(canvas) {
  const pen = canvas.getContext("2d");
  const { width, height } = canvas;
  pen.drawImage(shown.bitmap, 0, 0, width, height);
  const over = new OffscreenCanvas(width, height);
  const overPen = over.getContext("2d");
  overPen.putImageData(painted(width, height), 0, 0);
  pen.globalAlpha = $("opacity").value / 100;
  pen.drawImage(over, 0, 0);
  pen.globalAlpha = 1;
  if (point && canvas === $("canvas")) cross(pen, width, height);
  return canvas;
}

function painted(width, height) {
  const image = new ImageData(width, height);
  const colours = info.classes.map(({ colour }) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  const visible = colours.map((_, index) => !shown.hidden.has(index));
  const stripe = Math.max(4, Math.floor(Math.min(width, height) / 64));
  for (let y = 0, to = 0; y < height; y++) {
    const line = Math.floor(((y + 0.5) * shown.height) / height) * shown.width;
    for (let x = 0; x < width; x++, to += 4) {
      const from = line + Math.floor(((x + 0.5) * shown.width) / width);
      let index = shown.maps[0][from];
      if (shown.multilabel) {
        const there = colours.map((_, each) => each).filter((each) => visible[each] && shown.maps[each][from]);
        index = there.length ? there[Math.floor((x + y) / stripe) % there.length] : -1;
      }
      if (index < 0 || !visible[index]) continue;
      image.data.set(colours[index], to);
      image.data[to + 3] = 255;
    }
  }
  return image;
}

function cross(pen, width, height) {
  const x = ((point.x + 0.5) * width) / shown.width;
  const y = ((point.y + 0.5) * height) / shown.height;
  for (const [line, colour] of [[4, "black"], [2, "white"]]) {
    pen.lineWidth = line;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(x - 10, y);
    pen.lineTo(x + 10, y);
    pen.moveTo(x, y - 10);
    pen.lineTo(x, y + 10);
    pen.stroke();
  }
}

function read(at) {
  if (!at) {
    $("reading").textContent = `Point at the image to read its class${shown.sure ? " and confidence" : ""}.`;
    return;
  }
  const from = at.y * shown.width + at.x;
  const sure = (map) => (shown.sure ? ` ${Math.round((shown.sure[map][from] / 255) * 100)}%` : "");
  const names = shown.multilabel
    ? info.classes.flatMap(({ name }, index) => (shown.maps[index][from] ? [`${name}${sure(index)}`] : []))
    : [`${info.classes[shown.maps[0][from]].name}${sure(0)}`];
  $("reading").textContent = `${names.join(", ") || "no class"} · x ${at.x}, y ${at.y}`;
}
