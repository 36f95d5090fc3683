//! Lines as pixels, and those as text in a page: for maps with more lines than a browser likes.

/// A line to be drawn.
pub struct Stroke {
    /// Its points \[px\].
    pub line: Vec<[f64; 2]>,
    /// Its width \[px\].
    pub width: f64,
    /// Its colour.
    pub colour: [u8; 3],
    /// In dashes: a second sign beside the colour.
    pub dashed: bool,
}

/// Dash and gap \[px\].
const DASH: [f64; 2] = [9.0, 5.0];
/// Steps along a line \[px\].
const STRIDE: f64 = 0.5;

/// Draws the strokes, later ones above, as a PNG with a palette and a transparent ground, in base64.
#[must_use]
pub fn encoded(size: [f64; 2], strokes: impl Iterator<Item = Stroke>) -> String {
    let [width, height] = size.map(|side| side.ceil().clamp(1.0, 8192.0));
    let mut canvas = Canvas { size: [width, height].map(whole), pixels: Vec::new(), colours: Vec::new() };
    canvas.pixels = vec![0; canvas.size[0] * canvas.size[1]];
    strokes.for_each(|stroke| canvas.draw(&stroke));
    base64(&canvas.png().unwrap_or_default())
}

/// Pixels by number of colour; 0 = nothing.
struct Canvas {
    size: [usize; 2],
    pixels: Vec<u8>,
    colours: Vec<[u8; 3]>,
}

/// A place on the canvas.
#[expect(clippy::cast_sign_loss, reason = "negative places become 0")]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

impl Canvas {
    fn number(&mut self, colour: [u8; 3]) -> u8 {
        let place = self.colours.iter().position(|known| *known == colour).unwrap_or_else(|| {
            self.colours.push(colour);
            self.colours.len() - 1
        });
        u8::try_from(place + 1).unwrap_or(u8::MAX)
    }

    fn draw(&mut self, stroke: &Stroke) {
        let number = self.number(stroke.colour);
        let half = (stroke.width / 2.0).max(0.5);
        let mut driven = 0.0;
        for pair in stroke.line.windows(2) {
            let way = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let length = (way[0] * way[0] + way[1] * way[1]).sqrt();
            let mut at = 0.0;
            while at <= length {
                let share = if length > 0.0 { at / length } else { 0.0 };
                if !stroke.dashed || (driven + at) % (DASH[0] + DASH[1]) < DASH[0] {
                    self.dot([pair[0][0] + share * way[0], pair[0][1] + share * way[1]], half, number);
                }
                at += STRIDE;
            }
            driven += length;
        }
    }

    /// A round dot.
    fn dot(&mut self, [x, y]: [f64; 2], half: f64, number: u8) {
        let rows = whole(y - half)..whole(y + half + 1.0).min(self.size[1]);
        for row in rows {
            for column in whole(x - half)..whole(x + half + 1.0).min(self.size[0]) {
                let off = [column as f64 + 0.5 - x, row as f64 + 0.5 - y];
                if off[0] * off[0] + off[1] * off[1] <= half * half + 0.1 {
                    self.pixels[row * self.size[0] + column] = number;
                }
            }
        }
    }

    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let [width, height] = self.size.map(|side| u32::try_from(side).unwrap_or(1));
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette([[0; 3]].iter().chain(&self.colours).flatten().copied().collect::<Vec<u8>>());
        encoder.set_trns(&[0_u8][..]);
        encoder.set_compression(png::Compression::High);
        // Indices are no brightness: differences of neighbours say nothing.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(file)
    }
}

/// Bytes as letters (RFC 4648).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[(word >> (18 - 6 * place) & 63) as usize]);
            text.push(if place <= three.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_as_in_the_standard() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        cases.iter().for_each(|(bytes, letters)| assert_eq!(base64(bytes.as_bytes()), *letters));
    }

    #[test]
    fn a_line_is_drawn_where_it_is() {
        let mut canvas = Canvas { size: [20, 10], pixels: vec![0; 200], colours: Vec::new() };
        canvas.draw(&Stroke { line: vec![[2.0, 5.0], [15.0, 5.0]], width: 2.0, colour: [1, 2, 3], dashed: false });
        assert_eq!((canvas.pixels[5 * 20 + 8], canvas.pixels[8 * 20 + 8], canvas.pixels[5 * 20 + 19]), (1, 0, 0));
        assert!(canvas.png().expect("a picture").starts_with(&[0x89, b'P', b'N', b'G']));
    }
}
