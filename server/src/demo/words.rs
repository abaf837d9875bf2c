//! The words of the demo: kinds of businesses, positions, hazards. Descriptions follow the wording of the published criteria, places and
//! people do not exist.

/// First parts of invented names.
pub(super) const STEMS: [&str; 12] =
    ["青岫", "鹤鸣", "松涛", "云栖", "望川", "听雨", "石泉", "梨白", "竹影", "溪声", "茶烟", "远山"];

/// Works, with their sector as a table of enterprises has it.
pub(super) const WORKS: [(&str, &str); 10] = [
    ("木材加工厂", "工贸"),
    ("茶叶加工厂", "工贸"),
    ("机械加工厂", "工贸"),
    ("食品厂", "工贸"),
    ("建材厂", "工贸"),
    ("液化气站", "燃气"),
    ("加油点", "危险化学品"),
    ("客运站", "交通运输"),
    ("安置房工地", "建设施工"),
    ("养老院", "养老机构"),
];

/// Shops.
pub(super) const SHOPS: [(&str, &str); 8] = [
    ("饭馆", "燃气"),
    ("超市", "消防安全"),
    ("旅馆", "消防安全"),
    ("汽修店", "工贸"),
    ("网吧", "消防安全"),
    ("焊接铺", "工贸"),
    ("烟花零售点", "烟花爆竹"),
    ("五金店", "其他"),
];

/// A hazard somebody may find.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    /// 部位.
    pub(super) position: &'static str,
    /// 隐患描述.
    pub(super) description: &'static str,
    /// Sector code.
    pub(super) sector: &'static str,
}

/// 一般隐患.
pub(super) const GENERAL: [Finding; 12] = [
    Finding {
        position: "配电箱", description: "配电箱箱门缺失，导线接头裸露，未设警示标志", sector: "industry"
    },
    Finding {
        position: "后厨", description: "燃气灶软管老化开裂，使用年限超过规定", sector: "gas"
    },
    Finding { position: "一楼通道", description: "疏散通道堆放货物，通行宽度不足", sector: "fire" },
    Finding { position: "仓库", description: "灭火器压力不足，已超过检验有效期", sector: "fire" },
    Finding { position: "楼梯间", description: "应急照明灯损坏，停电时不亮", sector: "fire" },
    Finding {
        position: "车间西侧", description: "砂轮机没有防护罩，操作人员未戴护目镜", sector: "industry"
    },
    Finding {
        position: "库房门口", description: "安全出口指示标志脱落，无法辨认方向", sector: "fire"
    },
    Finding {
        position: "工地东侧", description: "临边洞口没有设置防护栏杆和安全网", sector: "construction"
    },
    Finding { position: "气瓶间", description: "气瓶没有固定，空瓶与满瓶混放", sector: "gas" },
    Finding {
        position: "门店外墙", description: "电动自行车在门店内充电，没有采取分隔措施", sector: "fire"
    },
    Finding {
        position: "锅炉房", description: "压力表超过检定周期，表盘看不清刻度", sector: "industry"
    },
    Finding {
        position: "停车场", description: "车辆灭火器缺失，驾驶员未做出车前检查记录", sector: "traffic"
    },
];

/// 疑似重大 and 重大, with a criterion of the notice's own list.
pub(super) const MAJOR: [(Finding, &str); 4] = [
    (
        Finding {
            position: "焊接区", description: "电焊作业人员未取得特种作业操作证上岗作业", sector: "industry"
        },
        "JZ-2023/k6a",
    ),
    (
        Finding {
            position: "外包检修现场",
            description: "外包单位没有相应资质，未签订安全管理协议",
            sector: "industry",
        },
        "JZ-2023/k7b",
    ),
    (
        Finding {
            position: "二楼安全出口",
            description: "人员密集场所安全出口锁闭，员工不熟悉逃生路线",
            sector: "fire",
        },
        "JZ-2023/k8b",
    ),
    (
        Finding {
            position: "地下储藏间",
            description: "地下空间存放液化石油气瓶，没有可燃气体报警装置",
            sector: "gas",
        },
        "JZ-2023/V1",
    ),
];

/// Findings of a spot check, as fields of the inspection.
pub(super) const SPOT_FIELDS: [&str; 10] = ["k2", "k3", "k4", "k5a", "k5b", "k6a", "k6b", "k7b", "k8a", "k8b"];

/// Why nobody could look.
pub(super) const BLOCKED: [&str; 4] = ["locked", "stopped", "renovating", "vacant"];
