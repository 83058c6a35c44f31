/**
 * A picture of the whole sphere (equirectangular) looked at from its middle, drawn by a fragment shader: for every pixel
 * of the screen, the direction one looks in, and the place of the picture that lies there. Angles are radians.
 */
const VERTEX = `
attribute vec2 corner;
varying vec2 place;
void main() {
  place = corner;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `
precision highp float;
varying vec2 place;
uniform sampler2D picture;
uniform vec2 view;
uniform vec2 reach;
const float PI = 3.14159265358979;
void main() {
  vec3 ray = normalize(vec3(place * reach, 1.0));
  float up = ray.y * cos(view.y) + ray.z * sin(view.y);
  float ahead = ray.z * cos(view.y) - ray.y * sin(view.y);
  float longitude = atan(ray.x, ahead) + view.x;
  float latitude = asin(clamp(up, -1.0, 1.0));
  gl_FragColor = texture2D(picture, vec2(fract(longitude / (2.0 * PI) + 0.5), 0.5 - latitude / PI));
}`;

export const FIELD = { least: 0.35, most: 1.9, first: 1.3 };

export class Panorama {
  yaw = 0;
  pitch = 0;
  /** Of the taller side. */
  field = FIELD.first;
  readonly #gl: WebGLRenderingContext;
  readonly #view: WebGLUniformLocation | null;
  readonly #reach: WebGLUniformLocation | null;
  #isAsked = false;

  /** Throws where the browser has no WebGL. */
  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext('webgl', { antialias: false, alpha: false });
    if (!gl) throw new Error('WebGL');
    this.#gl = gl;
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind);
      if (!shader) throw new Error('WebGL');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'WebGL');
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, 'corner');
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    this.#view = gl.getUniformLocation(program, 'view');
    this.#reach = gl.getUniformLocation(program, 'reach');
  }

  /** Shows a picture; one larger than the graphics card takes is made smaller. */
  async show(blob: Blob): Promise<void> {
    const gl = this.#gl;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    let bitmap = await createImageBitmap(blob);
    if (bitmap.width > most || bitmap.height > most) {
      const scale = most / Math.max(bitmap.width, bitmap.height);
      bitmap = await createImageBitmap(bitmap, { resizeWidth: Math.floor(bitmap.width * scale), resizeHeight: Math.floor(bitmap.height * scale), resizeQuality: 'high' });
    }
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    // A picture whose sides are no powers of two cannot repeat; `fract` in the shader wraps it.
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    bitmap.close();
    this.draw();
  }

  look(yaw: number, pitch: number): void {
    this.yaw += yaw;
    this.pitch = Math.min(Math.max(this.pitch + pitch, -Math.PI / 2), Math.PI / 2);
    this.draw();
  }

  zoom(factor: number): void {
    this.field = Math.min(Math.max(this.field / factor, FIELD.least), FIELD.most);
    this.draw();
  }

  /** Radians of one pixel of the screen in the middle of the view. */
  get step(): number {
    return this.field / Math.max(this.canvas.clientHeight, this.canvas.clientWidth, 1);
  }

  draw(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      const gl = this.#gl;
      const { canvas } = this;
      const density = Math.min(devicePixelRatio, 2);
      canvas.width = Math.round(canvas.clientWidth * density);
      canvas.height = Math.round(canvas.clientHeight * density);
      const longest = Math.max(canvas.width, canvas.height, 1);
      const reach = Math.tan(this.field / 2);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.uniform2f(this.#view, this.yaw, this.pitch);
      gl.uniform2f(this.#reach, (reach * canvas.width) / longest, (reach * canvas.height) / longest);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    });
  }

  close(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
