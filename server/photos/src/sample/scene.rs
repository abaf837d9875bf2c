//! Draws an invented workshop yard: sky, hills, tanks, pipes, a red valve wheel and gravel, all with a fine texture so that encoders
//! and hashes meet something like a photo. It contains no text and no person. A newcomer's mistake: measuring speed with it; real
//! photos have more detail and cost more.

use crate::raster::{Channels, Raster};

const SIDE_MAX: u32 = 16_000;

type Colour = [f32; 3];

struct Tank {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    colour: Colour,
}

struct Scene {
    seed: u64,
    horizon: f32,
    tanks: Vec<Tank>,
    pipe_heights: Vec<f32>,
    /// Centre and radius in widths.
    wheel: (f32, f32, f32),
    warmth: f32,
}

/// The RGB samples of the upright scene, `width` x `height` x 3 (sides clamped as in [`super::field_photo`]).
#[must_use]
pub fn draw_scene(seed: u64, width: u32, height: u32) -> Vec<u8> {
    draw(seed, width, height).samples
}

pub(super) fn side(pixels: u32) -> u16 {
    u16::try_from(pixels.clamp(1, SIDE_MAX)).unwrap_or(u16::MAX)
}

pub(super) fn draw(seed: u64, width: u32, height: u32) -> Raster {
    let (width, height) = (side(width), side(height));
    let scene = Scene::new(seed);
    let longest = f32::from(width.max(height));
    let mut samples = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for row in 0..height {
        let y = (f32::from(row) + 0.5) / f32::from(height);
        for column in 0..width {
            let x = (f32::from(column) + 0.5) / f32::from(width);
            // Texture is laid out in longest sides, so that it looks alike at all sizes.
            let texture = scene.texture(f32::from(column) / longest, f32::from(row) / longest);
            samples.extend(scene.colour(x, y, texture).map(to_byte));
        }
    }
    Raster { width: width.into(), height: height.into(), channels: Channels::Rgb, samples }
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let horizon = random.between(0.35, 0.5);
        let count = 2 + random.below(3);
        let mut tanks = Vec::new();
        let mut left = random.between(0.03, 0.12);
        for _ in 0..count {
            let right = left + random.between(0.1, 0.24);
            let shade = random.between(120.0, 225.0);
            let tint = random.between(-30.0, 30.0);
            let colour = [shade + tint, shade, shade - tint];
            let (top, bottom) = (horizon - random.between(0.02, 0.25), horizon + random.between(0.15, 0.3));
            tanks.push(Tank { left, right, top, bottom, colour });
            left = right + random.between(0.02, 0.1);
        }
        let pipe_heights = (0..=random.below(3)).map(|_| random.between(horizon, 0.8)).collect();
        let wheel = (random.between(0.2, 0.85), random.between(0.62, 0.85), random.between(0.04, 0.09));
        Self { seed, horizon, tanks, pipe_heights, wheel, warmth: random.between(-12.0, 18.0) }
    }

    fn colour(&self, x: f32, y: f32, texture: f32) -> Colour {
        let base = self.wheel_at(x, y).or_else(|| self.pipe_at(y)).or_else(|| self.tank_at(x, y));
        let (base, strength) = match base {
            Some(colour) => (colour, 26.0),
            None if y < self.hill(x) => ([150.0 + 60.0 * y, 178.0 + 45.0 * y, 214.0], 10.0),
            None if y < self.horizon => ([62.0, 92.0, 58.0], 44.0),
            None => ([136.0 - 30.0 * y, 126.0 - 30.0 * y, 110.0 - 26.0 * y], 78.0),
        };
        let light = strength * texture;
        [base[0] + light + self.warmth, base[1] + light, base[2] + light - self.warmth]
    }

    fn hill(&self, x: f32) -> f32 {
        self.horizon - 0.06 - 0.08 * self.noise(x * 5.0, 0.5, 91)
    }

    fn tank_at(&self, x: f32, y: f32) -> Option<Colour> {
        let tank = self
            .tanks
            .iter()
            .find(|tank| (tank.left..tank.right).contains(&x) && (tank.top..tank.bottom).contains(&y))?;
        let across = (x - tank.left) / (tank.right - tank.left);
        // Light from the left rounds the body; seams go around it.
        let round = 0.55 + 0.6 * (across * std::f32::consts::PI).sin() * (1.0 - 0.5 * across);
        let down = (y - tank.top) / (tank.bottom - tank.top) * 5.0;
        let seam = if down.fract() < 0.06 { 0.75 } else { 1.0 };
        Some(tank.colour.map(|light| light * round * seam))
    }

    fn pipe_at(&self, y: f32) -> Option<Colour> {
        let height = self.pipe_heights.iter().find(|&&height| (y - height).abs() < 0.012)?;
        let light = 1.1 - ((y - height) / 0.012 + 0.4).abs() * 0.5;
        Some([196.0 * light, 164.0 * light, 48.0 * light])
    }

    fn wheel_at(&self, x: f32, y: f32) -> Option<Colour> {
        let (centre_x, centre_y, radius) = self.wheel;
        let (right, down) = (x - centre_x, y - centre_y);
        let distance = right.hypot(down) / radius;
        let spoke = right.abs().min(down.abs()) < radius * 0.1 && distance < 1.0;
        ((0.78..1.0).contains(&distance) || spoke || distance < 0.2).then_some([186.0, 38.0, 30.0])
    }

    /// About -1 to 1, four octaves.
    fn texture(&self, x: f32, y: f32) -> f32 {
        let octaves = [(24.0, 0.5, 1), (75.0, 0.35, 2), (240.0, 0.3, 3), (800.0, 0.25, 4)];
        octaves
            .iter()
            .map(|&(scale, weight, layer)| weight * (2.0 * self.noise(x * scale, y * scale, layer) - 1.0))
            .sum()
    }

    /// Smooth noise, 0 to 1.
    fn noise(&self, x: f32, y: f32, layer: u64) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (across, down) = (ease(x - left), ease(y - top));
        let corner = |right: f32, below: f32| self.lattice(left + right, top + below, layer);
        let upper = corner(0.0, 0.0) + (corner(1.0, 0.0) - corner(0.0, 0.0)) * across;
        let lower = corner(0.0, 1.0) + (corner(1.0, 1.0) - corner(0.0, 1.0)) * across;
        upper + (lower - upper) * down
    }

    fn lattice(&self, x: f32, y: f32, layer: u64) -> f32 {
        let point = u64::from(x.to_bits()) << 32 | u64::from(y.to_bits());
        Random(self.seed ^ mix(point ^ layer << 17)).between(0.0, 1.0)
    }
}

/// A counter put through `mix`: enough for pictures, the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        let [first, second, ..] = self.next().to_be_bytes();
        low + (high - low) * f32::from(u16::from_be_bytes([first, second])) / 65_535.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// The finaliser of splitmix64.
const fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the byte's range first")]
#[expect(clippy::cast_sign_loss, reason = "clamped to the byte's range first")]
fn to_byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
