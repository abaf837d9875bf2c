//! Writes sample forms into the folder given, for looking at in an office program, and says how long the large one took.

use std::io::Cursor;
use std::path::PathBuf;
use std::time::Instant;

use paicha_reports::{
    Appendix1, Appendix1Row, Appendix2, Appendix2Values, CellPicture, FormProperties, NameMode, appendix1_docx,
    appendix1_xlsx, appendix2_docx, appendix2_xlsx,
};

fn picture(shade: u8) -> Result<CellPicture, Box<dyn std::error::Error>> {
    let mut jpeg = Vec::new();
    let pixels = image::RgbImage::from_fn(320, 240, |x, y| {
        let noise = u8::try_from((x * 7919 + y * 104_729) % 61).unwrap_or(0);
        image::Rgb([shade, noise.wrapping_mul(4), shade.wrapping_add(noise)])
    });
    pixels.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)?;
    Ok(CellPicture { jpeg: jpeg.into(), width_px: 320, height_px: 240 })
}

fn rows(count: u32) -> Result<Vec<Appendix1Row>, Box<dyn std::error::Error>> {
    (1..=count)
        .map(|number| {
            let shade = u8::try_from(number % 256)?;
            Ok(Appendix1Row {
                number: Some(number),
                inspecting_unit: "演示一村".into(),
                inspected_at: "2023年6月12日".into(),
                pictures: vec![picture(shade)?, picture(shade.wrapping_add(90))?],
                picture_note: if number == 1 { "等5张".into() } else { String::new() },
                place: "演示机械厂喷漆车间".into(),
                finding: if number == 2 {
                    "有。1．疏散通道堵塞；".repeat(30)
                } else {
                    "有。1．疏散通道堵塞".into()
                },
                handling: "已责令停用，限6月20日前整改；建议挂牌督办".into(),
                remark: String::new(),
            })
        })
        .collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: samples FOLDER")?);
    let properties = FormProperties {
        subject: "演示一村 2023-06".into(),
        cutoff: "2023-05-31T16:00:00Z".parse()?,
        as_of: "2023-06-20T01:02:03Z".parse()?,
        rev: 1,
    };
    let mut form = Appendix2 {
        office_name: "葛城街道办事处".into(),
        area_name: String::new(),
        name_mode: NameMode::Stem,
        year: 2023,
        filled_on: None,
        values: Appendix2Values::default(),
        properties: properties.clone(),
    };
    std::fs::write(folder.join("a2-empty.xlsx"), appendix2_xlsx(&form)?)?;
    std::fs::write(folder.join("a2-empty.docx"), appendix2_docx(&form)?)?;
    form.area_name = "演示一村".into();
    form.filled_on = Some("2023-06-20".parse()?);
    form.values =
        Appendix2Values { overall: [Some(12), Some(0), Some(7), None, Some(0), Some(0)], checks: [Some(41); 8] };
    std::fs::write(folder.join("a2-filled.xlsx"), appendix2_xlsx(&form)?)?;
    std::fs::write(folder.join("a2-filled.docx"), appendix2_docx(&form)?)?;
    for (name, count) in [("a1-empty", 0), ("a1-rows", 8), ("a1-large", 600)] {
        let form = Appendix1 {
            office_name: "葛城街道办事处".into(),
            area_name: "演示一村".into(),
            month_label: "2023年6月".into(),
            rows: rows(count)?,
            properties: properties.clone(),
        };
        let start = Instant::now();
        std::fs::write(folder.join(format!("{name}.xlsx")), appendix1_xlsx(&form)?)?;
        let sheet = start.elapsed();
        std::fs::write(folder.join(format!("{name}.docx")), appendix1_docx(&form)?)?;
        let message = format!("{name}: xlsx {sheet:?}, docx {:?}\n", start.elapsed().saturating_sub(sheet));
        std::io::Write::write_all(&mut std::io::stdout(), message.as_bytes())?;
    }
    Ok(())
}
