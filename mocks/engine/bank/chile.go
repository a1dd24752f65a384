package bank

// newChile builds the Chilean locale. Every company, shop and street name below
// is fictional; bank names are identifiers that clients compare with.
func newChile() *locale {
	return &locale{
		country: "CL", language: "es", currency: "CLP", calendar: chileanBankDays, feasts: chileanFeasts, offset: santiagoOffset,
		width: 40, fold: unaccented, festive: 35, sunday: 100,
		banks: []Institution{
			{"cl_banco_de_chile", "Banco de Chile", "CL", Codes{}}, {"cl_banco_santander", "Banco Santander", "CL", Codes{}},
			{"cl_banco_estado", "Banco Estado", "CL", Codes{}}, {"cl_banco_bci", "Banco BCI", "CL", Codes{}},
			{"cl_banco_itau", "Banco Itaú", "CL", Codes{}}, {"cl_banco_scotiabank", "Banco Scotiabank", "CL", Codes{}},
		},
		people: names{
			first:  []string{"Catalina", "Matías", "Josefa", "Benjamín", "Fernanda", "Ignacio", "Antonia", "Vicente", "Isidora", "Tomás", "Rocío", "Cristóbal", "Javiera", "Felipe", "Paula", "Andrés"},
			last:   []string{"Riquelme", "Sepúlveda", "Manríquez", "Oyarzún", "Curihual", "Barrientos", "Cárdenas", "Huenchumán", "Villagra", "Poblete", "Saavedra", "Ñancupil", "Alarcón", "Bustamante", "Carrasco", "Leiva"},
			double: []string{"Riquelme", "Sepúlveda", "Manríquez", "Oyarzún", "Curihual", "Barrientos", "Cárdenas", "Huenchumán", "Villagra", "Poblete", "Saavedra", "Ñancupil", "Alarcón", "Bustamante", "Carrasco", "Leiva"},
		},
		pools: map[string][]string{
			"employers":       {"Servicios Andinos Lautaro Ltda", "Constructora Raulí SpA", "Comercial Tres Esteros SA", "Logística Viento Puelche SpA", "Clínica Dental Peumal", "Colegio Particular Los Notros", "Viña Alto Maitencillo SA", "Informática Lenga Austral SpA"},
			"landlords":       {"Inmobiliaria Quillaymó", "Arriendos Patagua Ltda", "Corretaje Doña Hortensia"},
			"power":           {"Luz del Maitencillo SA"},
			"water":           {"Aguas del Peumo SA"},
			"gas":             {"Gas Ventisquero"},
			"building":        {"Gastos Comunes Edif Los Coihues"},
			"mobile":          {"Móvil Copihue"},
			"internet":        {"Fibra Lenga Hogar"},
			"health plan":     {"Isapre Valle Hondo"},
			"insurance":       {"Seguros Trapananda", "Seguro Auto Huemul"},
			"groceries":       {"Supermercado El Boldo", "Minimarket Los Aromos 24", "Almacén Doña Carmela", "Panadería Espiga de Ñuble", "Verdulería El Maitén", "Carnicería Don Evaristo", "Feria Arrayán"},
			"restaurants":     {"Picada El Farol", "Fuente de Soda La Pérgola", "Café Quillay", "Empanadas Tía Ruperta", "Pizzería Vecchio Puerto", "Sushi Nikkei Austral"},
			"transport":       {"Recarga Tarjeta Micro", "Peaje Ruta Los Coihues", "Estacionamiento Plaza 9", "Viajes Rauda App"},
			"fuel":            {"Servicentro El Roble", "Bencinera Los Pinos"},
			"pharmacy":        {"Farmacia Santa Irene", "Farmacia Botica del Valle", "Centro Médico Quebrada Honda", "Laboratorio Clínico Añañuca"},
			"online":          {"Tiendita Puelche", "Libros del Faro", "Ofertón Austral", "Mueblería Tres Raulíes"},
			"clothing":        {"Tienda Mantra Ropa", "Zapatería Huasco"},
			"streaming":       {"Streamia", "Musiteca"},
			"cloud":           {"Nubarrón Cloud"},
			"gym":             {"Gimnasio Kuyen"},
			"lender":          {"Crédito Fácil Austral", "Cooperativa Los Ulmos Chicos"},
			"gambling":        {"Casino Bahía Esmeralda", "Apuestas Gol Austral"},
			"suppliers":       {"Distribuidora Pehuén Ltda", "Envases Tres Palos SpA", "Transportes Laguna Honda SA", "Importadora Canelo Sur", "Agrícola Las Ñipas Ltda", "Maquinarias Rucapillán SpA", "Aseo Industrial Arrayán", "Papelería El Tintero Sur"},
			"clients":         {"Hotelera Mirador del Ñielol", "Casinos Industriales Ulmo", "Ferretería Puente Viejo Ltda", "Municipal Delicias SpA", "Eventos Río Manso", "Cadena Minimarket Alerce"},
			"foreign":         {"Northlake Design LLC", "Alder Bay Trading Co"},
			"acquirers":       {"Red Copihue Débito", "Red Copihue Crédito", "Pasarela Pehuén"},
			"tax":             {"Impuestos Form 29"},
			"maintenance":     {"Mantención Cta"},
			"overdraft":       {"Sobregiro"},
			"credit line":     {"Línea de Crédito"},
			"cities":          {"Santiago", "Providencia", "Ñuñoa", "Valparaíso", "Concepción", "La Serena", "Temuco", "Rancagua"},
			"abroad":          {"Pixelgrove Software", "Cloudharbor Hosting", "Papertrail Books"},
			"headquarters":    {"Inversiones Cordón Nevado SpA"},
			"pension funds":   {"Previsión Araucaria", "Renta Vitalicia Trapananda"},
			"family office":   {"Caja Familiar Los Coihues"},
			"labour office":   {"Fondo Cesantía Solidario"},
			"student aid":     {"Becas Estudio Austral"},
			"small employers": {"Café Quillay", "Librería Faro Chico", "Delivery Puelche"},
		},
		wording: map[Kind]wording{
			KindSalary:      {credit: []string{"ABONO REMUNERACION {party}", "TRANSF DE {party} SUELDO"}},
			KindTransferIn:  {credit: []string{"TRANSF DE {party}", "ABONO POR TRANSF DE {party}"}, debit: []string{"TRASPASO A: {party}", "TRANSF A {party}"}},
			KindTransferOut: {credit: []string{"TRANSF DE {party}", "ABONO POR TRANSF DE {party}"}, debit: []string{"TRASPASO A: {party}", "TRANSF A {party}"}},
			KindOwnTransfer: {credit: []string{"TRASPASO DE {party}"}, debit: []string{"TRASPASO A {party}"}},
			KindCard:        {debit: []string{"COMPRA NACIONAL {party} {city}", "COMPRA {party} {city}", "COMPRA NACIONAL {party}"}},
			KindATM:         {credit: []string{"DEPOSITO EFECTIVO {party}"}, debit: []string{"GIRO CAJERO AUTOMATICO {party}", "GIRO ATM {party}"}},
			KindDirectDebit: {debit: []string{"PAGO AUTOMATICO PAC {party}", "CARGO PAT {party}"}},
			KindBill:        {debit: []string{"PAGO EN LINEA {party}"}},
			KindCardPayment: {debit: []string{"PAGO TARJETA DE CREDITO"}, credit: []string{"ABONO PAGO TARJETA DE CREDITO"}},
			KindFee:         {debit: []string{"COMISION {party}"}},
			KindInterest:    {debit: []string{"INTERESES {party}"}, credit: []string{"INTERESES GANADOS"}},
			KindCheck:       {debit: []string{"CHEQUE COBRADO"}, credit: []string{"DEPOSITO CHEQUE"}},
			KindRefund:      {credit: []string{"DEVOLUCION COMPRA {party}"}},
			KindSettlement:  {credit: []string{"ABONO VENTAS {party}", "LIQUIDACION VENTAS {party}"}},
			KindPension:     {credit: []string{"PAGO PENSION {party}", "ABONO PENSION {party}"}},
			KindBenefit:     {credit: []string{"SUBSIDIO {party}", "ABONO BENEFICIO {party}"}},
			KindReturned:    {credit: []string{"REVERSO CARGO SIN FONDOS"}},
			KindLoan:        {credit: []string{"ABONO CREDITO {party}", "DESEMBOLSO CREDITO {party}"}},
		},
		products: map[AccountType]map[string]product{
			Checking:   {"": {"Cuenta Corriente", "Cuenta Corriente Moneda Local", "CUENTA CORRIENTE"}, "USD": {"Cuenta Corriente Dólar", "Cuenta Corriente Moneda Extranjera", "CUENTA DOLAR"}},
			Sight:      {"": {"Cuenta Vista", "Cuenta Vista Electrónica", "CUENTA VISTA"}},
			Savings:    {"": {"Cuenta de Ahorro", "Cuenta de Ahorro a Plazo con Giro Diferido", "CUENTA DE AHORRO"}},
			CreditLine: {"": {"Línea de Crédito", "Línea de Crédito Personas", "LINEA DE CREDITO"}},
			CreditCard: {"": {"Tarjeta de Crédito", "Tarjeta de Crédito Nacional", "TARJETA DE CREDITO"}},
		},
		paydays: map[string]payday{
			"payday": {Schedule{Day: 31, Roll: Preceding}, 1000}, "second payday": {Schedule{Day: 25, Roll: Preceding}, 1000},
			"bonus":   {Schedule{Day: 16, Months: in(9, 12), Roll: Preceding}, 125},
			"weekly":  {Schedule{Weeks: 1, Anchor: Date(2024, 1, 5), Roll: Preceding}, 1000},
			"pension": {Schedule{Day: 25, Roll: Preceding}, 1000}, "second pension": {Schedule{Day: 10, Roll: Preceding}, 1000},
			"child benefit": {Schedule{Day: 20, Roll: Preceding}, 1000}, "benefit": {Schedule{Day: 15, Roll: Preceding}, 1000},
		},
		terms: terms{overdraftFee: 4_900, returnFee: 6_500, overdraftRate: 2_900, interestMonths: in(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), lineRate: 2_900, savingsRate: 250, foreignRate: 950 * 10_000},
		texts: map[string][]string{
			"online":           {"COMPRA WEB {party}", "COMPRA INTERNET {party}"},
			"gambling":         {"COMPRA {party}"},
			"abroad":           {"COMPRA INTERNACIONAL {party}", "COMPRA INTL {party}"},
			"deposit":          {"DEPOSITO EFECTIVO {party}"},
			"pension":          {"PAGO PENSION {party}"},
			"returned":         {"REVERSO CARGO SIN FONDOS", "PAC RECHAZADO FALTA FONDOS"},
			"return fee":       {"COMISION RECHAZO PAC"},
			"overdraft fee":    {"COMISION SOBREGIRO"},
			"foreign fee":      {"COMISION COMPRA INTERNACIONAL"},
			"interest":         {"INTERESES SOBREGIRO", "INT SOBREGIRO NO PACTADO"},
			"card interest":    {"INTERESES ROTATIVOS"},
			"savings interest": {"INTERESES GANADOS"},
			"closing":          {"TRASPASO CIERRE DE CUENTA"},
		},
		markets: map[string]*market{
			"CLP": {income: 1_000_000, step: 10, round: 1000, prices: map[string]price{
				"groceries": {18_900, 10, 0, 0}, "bakery": {3_200, 10, 0, 0}, "restaurants": {14_500, 100, 0, 0}, "transport": {1_700, 10, 0, 0},
				"fuel": {32_000, 1, 0, 60_000}, "pharmacy": {11_900, 10, 0, 0}, "online": {21_990, 1000, 10, 0}, "clothing": {27_990, 1000, 10, 0},
				"gambling": {15_000, 1000, 0, 0}, "winnings": {60_000, 1000, 0, 0}, "abroad": {19_000, 1, 0, 0}, "refund": {19_990, 1000, 10, 0},
				"atm": {40_000, 10_000, 0, 0}, "deposit": {80_000, 10_000, 0, 0}, "sent": {20_000, 1000, 0, 0}, "received": {18_000, 1000, 0, 0},
				"invoice": {620_000, 1, 0, 0}, "settlement": {18_000, 1, 0, 0}, "supplier": {180_000, 1, 0, 0}, "client": {260_000, 1, 0, 0}, "check out": {240_000, 10, 0, 0},
			}},
			"USD": dollars(), "EUR": euros(),
		},
		season:   [12]int64{90, 95, 108, 100, 100, 98, 100, 100, 112, 100, 103, 128},
		comments: []string{"", "", "", "", "Almuerzo", "Asado", "Regalo", "Gracias!", "Cuota gimnasio", "Arriendo estacionamiento", "Vuelto"},
		address: address{
			streets: []string{"Pasaje Los Notros 1147", "Calle El Maitén 302", "Avenida Puelche 2210", "Camino Quilén 18"},
			cities:  []string{"Villa Ejemplo", "Puerto Alerce", "Los Coihues"}, codes: []string{"9999999"}, phone: "+56 2 2555 01##",
		},
		// Bodies of people and companies that nobody has; 44.444.446 is in use at the tax office.
		personID: func(u uint64) string {
			body := 40_000_000 + uint64(below(u, 5_000_000))
			if body == 44_444_446 {
				body++
			}
			return rut(body)
		},
		companyID: func(u uint64) string { return rut(45_000_000 + uint64(below(u, 5_000_000))) },
		// An account starts with four zeros, as no real one does.
		number: func(k key, _ Codes) accountNumber {
			return accountNumber{number: "0000" + digitsOf(k.word(2), 6)}
		},
	}
}

// dollars and euros are money of elsewhere: a few habits, no household.
func dollars() *market {
	return &market{income: 110_000, step: 1, round: 1000, prices: map[string]price{
		"abroad": {24_99, 100, 1, 0}, "foreign client": {1_400_00, 1, 0, 0}, "foreign supplier": {900_00, 1, 0, 0},
	}}
}

func euros() *market {
	return &market{income: 100_000, step: 1, round: 1000, prices: map[string]price{
		"online": {24_99, 100, 1, 0}, "foreign client": {1_200_00, 1, 0, 0}, "foreign supplier": {80_00, 1, 0, 0},
	}}
}
