//! Tables of enterprises and people checked row by row. All names, numbers and places are invented; the credit codes are
//! those that well-known companies publish.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use paicha_imports::{
    CoordinateSystem, EnterpriseRow, ImportOutcome, KnownVillage, KnownVillages, PersonRow, SkipReason, enterprises,
    enterprises_template_csv, parse_table, people, people_template_csv,
};
use rust_xlsxwriter::Workbook;

fn villages() -> KnownVillages {
    let village = |code: &str, name: &str| KnownVillage { code: code.into(), name: name.into(), aliases: vec![] };
    KnownVillages::new([village("500229001001", "河滩社区"), village("500229001201", "云岭村")])
}

fn enterprises_of(csv: &str) -> ImportOutcome<EnterpriseRow> {
    enterprises(&parse_table(csv.as_bytes(), "演示.csv").unwrap(), &villages())
}

fn people_of(csv: &str) -> ImportOutcome<PersonRow> {
    people(&parse_table(csv.as_bytes(), "演示.csv").unwrap(), &villages())
}

/// Errors as `row column: message`.
fn errors<T>(outcome: &ImportOutcome<T>) -> Vec<String> {
    outcome.errors.iter().map(|error| format!("{} {}: {}", error.row_number, error.column, error.message_zh)).collect()
}

#[test]
fn table_in_any_order_with_other_headings_is_read() {
    let outcome = enterprises_of(
        "云岭街道企业台账,,,,,,,,,,,\n\
         序号,联系方式,商户名*,村居,员工数,法人,行业,统一社会信用代码,类型,坐标系,纬度,经度,传真\n\
         1,138-0000 0001,演示机械厂,河滩,１２人,张某,工贸,9135 0100m000100Y43,企业,高德,31.95,108.66,\n\
         \n\
         2,(023)59220000,演示小吃店,云岭村村民委员会,,李某,,,个体户,,,,\n\
         合计,2家,,,,,,,,,,,\n",
    );

    assert_eq!(errors(&outcome), Vec::<String>::new());
    assert_eq!(outcome.unknown_columns, ["传真"]);
    let skipped: Vec<_> = outcome.skipped.iter().map(|skipped| (skipped.row_number, skipped.reason)).collect();
    assert_eq!(skipped, [(4, SkipReason::Blank), (6, SkipReason::Total)]);
    let rows = outcome.into_rows().unwrap();
    assert_eq!(rows.len(), 2);
    let factory = &rows[0];
    assert_eq!((factory.row_number, factory.name.as_str()), (3, "演示机械厂"));
    assert_eq!(factory.village_code, "500229001001");
    assert_eq!(factory.uscc.as_ref().unwrap().as_str(), "91350100M000100Y43");
    assert_eq!((factory.place_type, factory.sector, factory.employees), ("enterprise", Some("industry"), Some(12)));
    assert_eq!(factory.phone.as_deref(), Some("13800000001"));
    let point = factory.point.unwrap();
    assert_eq!((point.latitude, point.longitude, point.system), (31.95, 108.66, CoordinateSystem::Gcj02));
    let shop = &rows[1];
    assert_eq!((shop.place_type, shop.uscc.is_none(), shop.point.is_none()), ("self_employed", true, true));
    assert_eq!((shop.village_code.as_str(), shop.phone.as_deref()), ("500229001201", Some("02359220000")));
}

#[test]
fn one_bad_row_withholds_all_rows() {
    let outcome = enterprises_of("企业名称,所属村（社区）\n甲厂,河滩社区\n乙厂,没有的村\n");

    assert_eq!(outcome.good_rows(), 1);
    assert_eq!(errors(&outcome), ["3 所属村（社区）: 没有这个村（社区），可填：河滩社区、云岭村"]);
    assert_eq!(outcome.errors[0].value, "没有的村");
    assert_eq!(outcome.into_rows().unwrap_err().len(), 1);
}

#[test]
fn every_fault_of_a_row_is_named_at_once() {
    let outcome = enterprises_of(
        "企业名称,所属村,信用代码,电话,从业人数,行业,负责人,经度,纬度,坐标系\n\
         ,河滩,91350100M000100Y44,123,约十人,采矿,张某138,31.95,108.66,WGS84\n\
         乙厂,河滩,,,,,,108.66,31.95,\n\
         丙厂,河滩,,,,,,108.66,,\n\
         丁厂,河滩,,,,,,2.3,48.8,GPS\n",
    );

    assert_eq!(
        errors(&outcome),
        [
            "2 企业名称: “企业名称”必须填写",
            "2 信用代码: 统一社会信用代码校验位不符，请核对是否有一位写错；没有代码的请留空",
            "2 行业: 不在可选范围，可填：交通运输、建设施工、危险化学品、工贸、燃气、消防安全、城市管理、林区、烟花爆竹、养老机构、其他",
            "2 从业人数: 人数应为整数，如 12；不清楚的请留空",
            "2 负责人: 姓名里有数字，请填写真实姓名，电话另填一列",
            "2 电话: 电话不对，请填一个11位手机号，或带区号的座机号",
            "2 经度: 经度和纬度填反了，请对调",
            "3 坐标系: 填了经纬度就要注明坐标系：WGS84、国家2000、高德或百度，否则位置会差几百米",
            "4 纬度: 有经度没有纬度，请补上或都留空",
            "5 经度: 经纬度不在国内，请核对",
        ]
    );
}

#[test]
fn duplicates_inside_the_file_are_reported_but_second_sites_are_not() {
    let outcome = enterprises_of(
        "企业名称,所属村,信用代码\n\
         甲厂,河滩,91350100M000100Y43\n\
         甲厂,云岭,91350100M000100Y43\n\
         甲 厂,河滩社区,\n\
         乙厂,河滩,91350100M000100Y43\n\
         丙厂,云岭,914403001922038216\n\
         丁厂,河滩,914403001922038216\n",
    );
    assert_eq!(
        errors(&outcome),
        [
            "4 企业名称: 与第2行重复（同一村（社区）、同一名称），请只留一行",
            "5 信用代码: 与第2行的代码相同，请核对是否同一家",
            "7 信用代码: 与第6行的代码相同而名称不同，请核对",
        ]
    );
}

#[test]
fn code_typed_as_a_number_is_refused_as_damaged() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0_u16..).zip(["企业名称", "所属村", "统一社会信用代码", "电话"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    sheet.write_string(1, 0, "甲厂").unwrap();
    sheet.write_string(1, 1, "河滩").unwrap();
    sheet.write_number(1, 2, 914_403_001_922_038_216.0).unwrap();
    sheet.write_number(1, 3, 13_800_000_000.0).unwrap();
    let table = parse_table(&workbook.save_to_buffer().unwrap(), "演示.xlsx").unwrap();

    let outcome = enterprises(&table, &villages());
    assert_eq!(outcome.errors.len(), 1);
    assert!(outcome.errors[0].message_zh.starts_with("号码以数字格式存放"));
}

#[test]
fn second_heading_of_a_field_fills_gaps_only_and_is_named() {
    let outcome = enterprises_of("法人,企业名称,负责人,村\n王某,甲厂,张某,河滩\n赵某,乙厂,,河滩\n");
    assert_eq!(outcome.unknown_columns, ["法人"]);
    let rows = outcome.into_rows().unwrap();
    assert_eq!(rows[0].legal_rep.as_deref(), Some("张某"));
    assert_eq!(rows[1].legal_rep.as_deref(), Some("赵某"));
}

#[test]
fn table_without_headings_or_rows_cannot_be_imported() {
    assert!(errors(&enterprises_of("甲厂,河滩\n"))[0].starts_with("1 : 前10行里没有找到表头"));
    assert_eq!(errors(&enterprises_of("企业名称,村\n")), ["1 : 表头下面没有数据行，请检查是否选错文件或工作表"]);
    assert_eq!(
        errors(&enterprises_of("企业名称,电话\n甲厂,\n"))[0],
        "1 所属村（社区）: 缺少“所属村（社区）”一列，请补上后再导入"
    );
    let late = format!("{}企业名称,村\n甲厂,河滩\n", "说明,\n".repeat(10));
    assert!(!enterprises_of(&late).is_clean());
}

#[test]
fn enterprise_called_total_is_no_total() {
    let outcome = enterprises_of("企业名称,村\n合计五金店,河滩\n合 计：,\n填表人：张某,\n");
    let reasons: Vec<_> = outcome.skipped.iter().map(|skipped| skipped.reason).collect();
    assert_eq!(reasons, [SkipReason::Total, SkipReason::Footnote]);
    assert_eq!(outcome.into_rows().unwrap()[0].name, "合计五金店");
}

#[test]
fn people_get_roles_villages_and_a_login() {
    let outcome = people_of(
        "姓名,手机号,角色,负责村（社区）,登录名\n\
         张某,１３８０００００００１,网格员、村（社区）负责人,河滩；云岭村,ZhangM\n\
         李某,13800000002,R3,,\n",
    );
    assert_eq!(errors(&outcome), Vec::<String>::new());
    let rows = outcome.into_rows().unwrap();
    assert_eq!(rows[0].roles, ["R1", "R2"]);
    assert_eq!(rows[0].villages, ["500229001001", "500229001201"]);
    assert_eq!((rows[0].phone.as_str(), rows[0].login.as_str()), ("13800000001", "zhangm"));
    assert_eq!((rows[1].roles.as_slice(), rows[1].login.as_str()), (&["R3"][..], "13800000002"));
}

#[test]
fn faults_of_people_are_named() {
    let outcome = people_of(
        "姓名,电话,角色,村,账号\n\
         张某,13800000001,排查员,,\n\
         李某,13800000002,系统管理员,,\n\
         王某,13800000003,打字员,河滩,\n\
         赵某,13800000004,R3,,x y\n\
         钱某,13800000005,R3,,abc\n\
         孙某,13800000005,R4,,\n\
         周某,13800000006,R4,,ABC\n",
    );
    let errors = errors(&outcome);
    assert_eq!(errors.len(), 6);
    assert_eq!(errors[0], "2 村: 排查员、村（社区）负责人必须填写所属村（社区）");
    assert_eq!(errors[1], "3 角色: 系统管理员不能用表格导入，请由现有管理员在后台单独授权");
    assert!(errors[2].starts_with("4 角色: 没有角色“打字员”"));
    assert!(errors[3].starts_with("5 账号: 登录名应为3到32位"));
    assert!(errors[4].starts_with("7 电话: 与第6行的电话相同"));
    assert_eq!(errors[5], "8 账号: 与第6行的登录名相同，请改一个");
}

#[test]
fn templates_are_read_without_error_once_a_row_is_added() {
    let mut table = String::from_utf8(enterprises_template_csv()).unwrap();
    table.push_str("甲厂,河滩\r\n");
    let outcome = enterprises_of(&table);
    assert_eq!(outcome.skipped[0].reason, SkipReason::Example);
    assert_eq!(outcome.unknown_columns, Vec::<String>::new());
    assert_eq!(outcome.into_rows().unwrap().len(), 1);

    let mut table = String::from_utf8(people_template_csv()).unwrap();
    table.push_str("张某,13800000001,排查员,河滩,\r\n");
    assert_eq!(people_of(&table).into_rows().unwrap().len(), 1);
}

#[test]
fn listed_errors_are_bounded_and_the_rest_is_counted() {
    let outcome = enterprises_of(&format!("企业名称,村\n{}", "甲厂,没有\n".repeat(600)));
    assert_eq!((outcome.errors.len(), outcome.more_errors), (500, 100));
    assert!(outcome.into_rows().is_err());
}
