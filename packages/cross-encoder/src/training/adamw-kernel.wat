;; The inner loops of AdamW over float32 arrays in one memory, four elements at a time.
;; adamw-kernel.ts holds this module compiled: `node scripts/compile-kernel.mjs` writes it.
(module
  (import "memory" "memory" (memory 1))

  ;; Updates `bytes` bytes (a multiple of 16) of weights, first and second moments by gradients.
  (func (export "update")
    (param $weight i32) (param $gradient i32) (param $first i32) (param $second i32) (param $bytes i32)
    (param $gradientScale f32) (param $beta1 f32) (param $keep1 f32) (param $beta2 f32) (param $keep2 f32)
    (param $inverseRoot f32) (param $epsilon f32) (param $stepSize f32) (param $decay f32)
    (local $at i32) (local $g v128) (local $m v128) (local $v v128)
    (local $scales v128) (local $beta1s v128) (local $keep1s v128) (local $beta2s v128) (local $keep2s v128)
    (local $roots v128) (local $epsilons v128) (local $steps v128) (local $decays v128)
    (local.set $scales (f32x4.splat (local.get $gradientScale)))
    (local.set $beta1s (f32x4.splat (local.get $beta1)))
    (local.set $keep1s (f32x4.splat (local.get $keep1)))
    (local.set $beta2s (f32x4.splat (local.get $beta2)))
    (local.set $keep2s (f32x4.splat (local.get $keep2)))
    (local.set $roots (f32x4.splat (local.get $inverseRoot)))
    (local.set $epsilons (f32x4.splat (local.get $epsilon)))
    (local.set $steps (f32x4.splat (local.get $stepSize)))
    (local.set $decays (f32x4.splat (local.get $decay)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $g (f32x4.mul
          (v128.load (i32.add (local.get $gradient) (local.get $at)))
          (local.get $scales)))
        ;; first = first * beta1 + g * (1 - beta1)
        (local.set $m (f32x4.add
          (f32x4.mul (v128.load (i32.add (local.get $first) (local.get $at))) (local.get $beta1s))
          (f32x4.mul (local.get $g) (local.get $keep1s))))
        (v128.store (i32.add (local.get $first) (local.get $at)) (local.get $m))
        ;; second = second * beta2 + g * g * (1 - beta2)
        (local.set $v (f32x4.add
          (f32x4.mul (v128.load (i32.add (local.get $second) (local.get $at))) (local.get $beta2s))
          (f32x4.mul (f32x4.mul (local.get $g) (local.get $g)) (local.get $keep2s))))
        (v128.store (i32.add (local.get $second) (local.get $at)) (local.get $v))
        ;; weight = weight * decay - step * first / (sqrt(second) / root + epsilon)
        (v128.store (i32.add (local.get $weight) (local.get $at))
          (f32x4.sub
            (f32x4.mul (v128.load (i32.add (local.get $weight) (local.get $at))) (local.get $decays))
            (f32x4.mul (local.get $steps)
              (f32x4.div (local.get $m)
                (f32x4.add
                  (f32x4.mul (f32x4.sqrt (local.get $v)) (local.get $roots))
                  (local.get $epsilons))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))

  ;; The sum of squares of `bytes` bytes (a multiple of 16), added up in float64.
  (func (export "sumOfSquares") (param $values i32) (param $bytes i32) (result f64)
    (local $at i32) (local $x v128) (local $low v128) (local $high v128)
    (local $sumLow v128) (local $sumHigh v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $x (v128.load (i32.add (local.get $values) (local.get $at))))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $x)))
        (local.set $high (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x))))
        (local.set $sumLow (f64x2.add (local.get $sumLow) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $sumHigh (f64x2.add (local.get $sumHigh) (f64x2.mul (local.get $high) (local.get $high))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.set $sumLow (f64x2.add (local.get $sumLow) (local.get $sumHigh)))
    (f64.add (f64x2.extract_lane 0 (local.get $sumLow)) (f64x2.extract_lane 1 (local.get $sumLow))))
)
