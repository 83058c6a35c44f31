use super::*;

/// A map of 200 by 100 on a picture twice as large, with text where `inside` says.
fn map(inside: impl Fn(f64, f64) -> bool) -> Map {
    let values = (0..100)
        .flat_map(|y| (0..200).map(move |x| (f64::from(x), f64::from(y))))
        .map(|(x, y)| if inside(x, y) { 0.9 } else { 0.0 })
        .collect();
    Map::new(200, values, window(0.0, 0.0, 400.0, 200.0))
}

fn window(left: f64, top: f64, width: f64, height: f64) -> Window {
    Window {
        left,
        top,
        width,
        height,
    }
}

fn bar(x: f64, y: f64, centre: (f64, f64), degrees: f64, width: f64, height: f64) -> bool {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (dx, dy) = (x - centre.0, y - centre.1);
    (dx * cos + dy * sin).abs() <= width / 2.0 && (dy * cos - dx * sin).abs() <= height / 2.0
}

#[test]
fn a_bar_is_found_at_any_angle_and_grown() {
    for degrees in [0.0, 3.0, 20.0, -30.0] {
        let found = find(&map(|x, y| bar(x, y, (100.0, 50.0), degrees, 80.0, 10.0)));
        assert_eq!(found.len(), 1, "{degrees}");
        // The core and what the dilation adds, 81 by 11, grown by 7.7 on each side; twice that in the picture.
        let (width, height) = (found[0].width(), found[0].height());
        assert!((width - 193.0).abs() < 8.0, "{degrees} {width}");
        assert!((height - 53.0).abs() < 8.0, "{degrees} {height}");
        assert!(found[0].score > 0.7);
        let [tl, tr, _, bl] = found[0].corners;
        assert!(tl.0 < tr.0 && tl.1 < bl.1);
    }
}

#[test]
fn lines_come_in_the_order_they_are_read() {
    let bars = [(150.0, 20.0), (50.0, 22.0), (100.0, 60.0)];
    let found = find(&map(|x, y| {
        bars.iter()
            .any(|centre| bar(x, y, *centre, 0.0, 60.0, 10.0))
    }));
    let lefts: Vec<i32> = found
        .iter()
        .map(|region| region.corners[0].0 as i32)
        .collect();
    assert_eq!(found.len(), 3);
    assert!(
        lefts[0] < lefts[1] && found[2].corners[0].1 > found[1].corners[0].1,
        "{lefts:?}"
    );
}

#[test]
fn specks_and_thin_lines_are_no_text() {
    assert!(find(&map(|x, y| x < 2.0 && y < 2.0)).is_empty());
    assert!(find(&map(|_, y| (y - 50.0).abs() < 0.5)).is_empty());
    assert!(find(&map(|_, _| false)).is_empty());
    assert!(glimpse(&map(|x, y| x < 1.0 && y < 1.0), 4).is_empty());
}

#[test]
fn a_cheap_look_gives_the_largest_few_and_small_ones_too() {
    let bars = [(40.0, 10.0), (60.0, 40.0), (50.0, 3.0)];
    let found = map(|x, y| {
        bars.iter().enumerate().any(|(row, (width, height))| {
            bar(
                x,
                y,
                (100.0, 20.0 + 30.0 * row as f64),
                0.0,
                *width,
                *height,
            )
        })
    });
    assert_eq!(find(&found).len(), 3);
    let heights: Vec<bool> = glimpse(&found, 4)
        .windows(2)
        .map(|pair| pair[0].height() > pair[1].height())
        .collect();
    assert_eq!(heights, [true, true]);
    assert_eq!(glimpse(&found, 1).len(), 1);
}

#[test]
fn a_map_full_of_text_is_one_region() {
    assert_eq!(find(&map(|_, _| true)).len(), 1);
}

#[test]
fn a_map_of_a_part_finds_lines_where_they_are_in_the_picture() {
    let mut map = map(|x, y| bar(x, y, (100.0, 50.0), 0.0, 80.0, 10.0));
    let whole = find(&map);
    map.part = window(30.0, 70.0, 400.0, 200.0);
    let part = find(&map);
    for (there, here) in part[0].corners.iter().zip(whole[0].corners) {
        assert!((there.0 - here.0 - 30.0).abs() < 1e-9);
        assert!((there.1 - here.1 - 70.0).abs() < 1e-9);
    }
}

#[test]
fn traces_of_text_and_their_surroundings_are_looked_at_closer() {
    let spot = |x: f64, y: f64| (120.0..140.0).contains(&x) && (80.0..85.0).contains(&y);
    let mut spots = map(spot);
    // Far fainter than what a cheap look takes for text.
    for value in &mut spots.values {
        *value *= 0.04;
    }
    let part = traces(&spots);
    // 48 pixels of the map further on each side, as far as it goes.
    assert_eq!((part.left, part.width), (144.0, 2.0 * (20.0 + 96.0)));
    assert_eq!((part.top, part.height), (64.0, 200.0 - 64.0));
    let nothing = traces(&map(|_, _| false));
    assert_eq!((nothing.width, nothing.height), (400.0, 200.0));
}
