/** Activations that ONNX Runtime computes in one pass but that need a gradient of their own. */
import { applyOp, only, type Tensor, withGradient } from '../tensor.js';
import { add, erf, exp, multiply } from './elementwise.js';

/** The Gaussian error linear unit x * Phi(x), exact (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
export function gelu(x: Tensor): Tensor {
  const y = only(
    applyOp({
      opType: 'Gelu',
      domain: 'com.microsoft',
      inputs: [x],
      outputs: [{ dataType: 'float32', shape: x.shape }],
    }),
  );
  // d/dx x Phi(x) = Phi(x) + x phi(x); with z = x / sqrt 2: (1 + erf z + 2 / sqrt pi * z * e^(-z^2)) / 2
  return only(
    withGradient('Gelu', [x], [y], ([gradient]) => {
      const z = multiply(x, Math.SQRT1_2);
      const bell = exp(multiply(multiply(x, x), -0.5));
      const slope = add(erf(z), multiply(multiply(z, bell), 2 / Math.sqrt(Math.PI)));
      return [multiply(gradient!, add(multiply(slope, 0.5), 0.5))];
    }),
  );
}
