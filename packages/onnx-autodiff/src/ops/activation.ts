/** Activations that ONNX Runtime computes in one pass but that need a gradient of their own. */
import { only, op, type Tensor, withGradient } from '../tensor.js';
import { add, erf, exp, multiply, subtract } from './elementwise.js';

/** The Gaussian error linear unit x * Phi(x), exact (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
export function gelu(x: Tensor): Tensor {
  const y = op('Gelu', [x], 'float32', x.shape, { domain: 'com.microsoft' });
  // d/dx x Phi(x) = Phi(x) + x phi(x); with z = x / sqrt 2: (1 + erf z + z * e^(ln(2 / sqrt pi) - z^2)) / 2
  return only(
    withGradient('Gelu', [x], [y], ([gradient]) => {
      const z = multiply(x, Math.SQRT1_2);
      const bell = exp(subtract(Math.log(2 / Math.sqrt(Math.PI)), multiply(z, z)));
      const slope = add(add(erf(z), multiply(z, bell)), 1);
      return [multiply(multiply(gradient!, slope), 0.5)];
    }),
  );
}
