package bank

import "sync"

// newChile builds the Chilean locale. Every company, shop and street name below
// is fictional; bank names are identifiers that clients compare with.
func newChile() *locale {
	l := &locale{
		country: "CL", currency: "CLP", calendar: chileanBankDays, offset: santiagoOffset,
		banks: []Institution{
			{"cl_banco_de_chile", "Banco de Chile", "CL"}, {"cl_banco_santander", "Banco Santander", "CL"},
			{"cl_banco_estado", "Banco Estado", "CL"}, {"cl_banco_bci", "Banco BCI", "CL"},
			{"cl_banco_itau", "Banco Itaú", "CL"}, {"cl_banco_scotiabank", "Banco Scotiabank", "CL"},
		},
		people: names{
			first: []string{"Catalina", "Matías", "Josefa", "Benjamín", "Fernanda", "Ignacio", "Antonia", "Vicente", "Isidora", "Tomás", "Rocío", "Cristóbal", "Javiera", "Felipe", "Paula", "Andrés"},
			last:  []string{"Riquelme", "Sepúlveda", "Manríquez", "Oyarzún", "Curihual", "Barrientos", "Cárdenas", "Huenchumán", "Villagra", "Poblete", "Saavedra", "Ñancupil", "Alarcón", "Bustamante", "Carrasco", "Leiva"},
		},
		pools: map[string][]string{
			"employers":    {"Servicios Andinos Lautaro Ltda", "Constructora Raulí SpA", "Comercial Tres Esteros SA", "Logística Viento Puelche SpA", "Clínica Dental Peumal", "Colegio Particular Los Notros", "Viña Alto Maitencillo SA", "Informática Lenga Austral SpA"},
			"landlords":    {"Inmobiliaria Quillaymó", "Arriendos Patagua Ltda", "Corretaje Doña Hortensia"},
			"power":        {"Luz del Maitencillo SA"},
			"water":        {"Aguas del Peumo SA"},
			"gas":          {"Gas Ventisquero"},
			"building":     {"Gastos Comunes Edif Los Coihues"},
			"mobile":       {"Móvil Copihue"},
			"internet":     {"Fibra Lenga Hogar"},
			"health plan":  {"Isapre Valle Hondo"},
			"insurance":    {"Seguros Trapananda", "Seguro Auto Huemul"},
			"groceries":    {"Supermercado El Boldo", "Minimarket Los Aromos 24", "Almacén Doña Carmela", "Panadería Espiga de Ñuble", "Verdulería El Maitén", "Carnicería Don Evaristo", "Feria Arrayán"},
			"restaurants":  {"Picada El Farol", "Fuente de Soda La Pérgola", "Café Quillay", "Empanadas Tía Ruperta", "Pizzería Vecchio Puerto", "Sushi Nikkei Austral"},
			"transport":    {"Recarga Tarjeta Micro", "Peaje Ruta Los Coihues", "Estacionamiento Plaza 9", "Viajes Rauda App"},
			"fuel":         {"Servicentro El Roble", "Bencinera Los Pinos"},
			"pharmacy":     {"Farmacia Santa Irene", "Farmacia Botica del Valle", "Centro Médico Quebrada Honda", "Laboratorio Clínico Añañuca"},
			"online":       {"Tiendita Puelche", "Libros del Faro", "Ofertón Austral", "Mueblería Tres Raulíes"},
			"clothing":     {"Tienda Mantra Ropa", "Zapatería Huasco"},
			"streaming":    {"Streamia", "Musiteca"},
			"cloud":        {"Nubarrón Cloud"},
			"gym":          {"Gimnasio Kuyen"},
			"lender":       {"Crédito Fácil Austral", "Cooperativa Los Ulmos Chicos"},
			"gambling":     {"Casino Bahía Esmeralda", "Apuestas Gol Austral"},
			"suppliers":    {"Distribuidora Pehuén Ltda", "Envases Tres Palos SpA", "Transportes Laguna Honda SA", "Importadora Canelo Sur", "Agrícola Las Ñipas Ltda", "Maquinarias Rucapillán SpA", "Aseo Industrial Arrayán", "Papelería El Tintero Sur"},
			"clients":      {"Hotelera Mirador del Ñielol", "Casinos Industriales Ulmo", "Ferretería Puente Viejo Ltda", "Municipal Delicias SpA", "Eventos Río Manso", "Cadena Minimarket Alerce"},
			"foreign":      {"Northlake Design LLC", "Alder Bay Trading Co"},
			"acquirers":    {"Red Copihue Débito", "Red Copihue Crédito", "Pasarela Pehuén"},
			"tax":          {"Impuestos Form 29"},
			"maintenance":  {"Mantención Cta"},
			"overdraft":    {"Sobregiro"},
			"credit line":  {"Línea de Crédito"},
			"cities":       {"Santiago", "Providencia", "Ñuñoa", "Valparaíso", "Concepción", "La Serena", "Temuco", "Rancagua"},
			"abroad":       {"Pixelgrove Software", "Cloudharbor Hosting", "Papertrail Books"},
			"headquarters": {"Inversiones Cordón Nevado SpA"},
		},
		wording: map[Kind]wording{
			KindSalary:      {credit: []string{"ABONO REMUNERACION {party}", "TRANSF DE {party} SUELDO"}},
			KindTransferIn:  {credit: []string{"TRANSF DE {party}", "ABONO POR TRANSF DE {party}"}, debit: []string{"TRASPASO A: {party}", "TRANSF A {party}"}},
			KindTransferOut: {credit: []string{"TRANSF DE {party}", "ABONO POR TRANSF DE {party}"}, debit: []string{"TRASPASO A: {party}", "TRANSF A {party}"}},
			KindOwnTransfer: {credit: []string{"TRASPASO DE {party}"}, debit: []string{"TRASPASO A {party}"}},
			KindCard:        {debit: []string{"COMPRA NACIONAL {party} {city}", "COMPRA {party} {city}", "COMPRA NACIONAL {party}"}},
			KindATM:         {debit: []string{"GIRO CAJERO AUTOMATICO {party}", "GIRO ATM {party}"}},
			KindDirectDebit: {debit: []string{"PAGO AUTOMATICO PAC {party}", "CARGO PAT {party}"}},
			KindBill:        {debit: []string{"PAGO EN LINEA {party}"}},
			KindCardPayment: {debit: []string{"PAGO TARJETA DE CREDITO"}, credit: []string{"ABONO PAGO TARJETA DE CREDITO"}},
			KindFee:         {debit: []string{"COMISION {party}"}},
			KindInterest:    {debit: []string{"INTERESES {party}"}, credit: []string{"INTERESES GANADOS"}},
			KindCheck:       {debit: []string{"CHEQUE COBRADO"}, credit: []string{"DEPOSITO CHEQUE"}},
			KindRefund:      {credit: []string{"DEVOLUCION COMPRA {party}"}},
			KindSettlement:  {credit: []string{"ABONO VENTAS {party}", "LIQUIDACION VENTAS {party}"}},
		},
		products: map[AccountType]map[string]product{
			Checking:   {"": {"Cuenta Corriente", "Cuenta Corriente Moneda Local", "CUENTA CORRIENTE"}, "USD": {"Cuenta Corriente Dólar", "Cuenta Corriente Moneda Extranjera", "CUENTA DOLAR"}},
			Sight:      {"": {"Cuenta Vista", "Cuenta Vista Electrónica", "CUENTA VISTA"}},
			Savings:    {"": {"Cuenta de Ahorro", "Cuenta de Ahorro a Plazo con Giro Diferido", "CUENTA DE AHORRO"}},
			CreditLine: {"": {"Línea de Crédito", "Línea de Crédito Personas", "LINEA DE CREDITO"}},
			CreditCard: {"": {"Tarjeta de Crédito", "Tarjeta de Crédito Nacional", "TARJETA DE CREDITO"}},
		},
		markets: map[string]*market{
			"CLP": {income: 1_000_000, step: 10, round: 1000, categories: []category{
				{name: "groceries", kind: KindCard, pool: "groceries", median: 18_900, sigma: 75, step: 10},
				{name: "bakery", kind: KindCard, pool: "groceries", median: 3_200, sigma: 45, step: 10},
				{name: "restaurants", kind: KindCard, pool: "restaurants", median: 14_500, sigma: 55, step: 100},
				{name: "transport", kind: KindCard, pool: "transport", median: 1_700, sigma: 40, step: 10},
				{name: "fuel", kind: KindCard, pool: "fuel", median: 32_000, sigma: 30, step: 1},
				{name: "pharmacy", kind: KindCard, pool: "pharmacy", median: 11_900, sigma: 75, step: 10},
				{name: "online", kind: KindCard, pool: "online", median: 21_990, sigma: 85, step: 1000, below: 10, texts: []string{"COMPRA WEB {party}", "COMPRA INTERNET {party}"}},
				{name: "clothing", kind: KindCard, pool: "clothing", median: 27_990, sigma: 70, step: 1000, below: 10},
				{name: "gambling", kind: KindCard, pool: "gambling", median: 15_000, sigma: 90, step: 1000, texts: []string{"COMPRA {party}"}},
				{name: "refund", kind: KindRefund, pool: "online", median: 19_990, sigma: 50, step: 1000, below: 10, credit: true},
				{name: "atm", kind: KindATM, pool: "cities", median: 40_000, sigma: 50, step: 10_000},
				{name: "sent", kind: KindTransferOut, pool: "contacts", median: 20_000, sigma: 80, step: 1000},
				{name: "received", kind: KindTransferIn, pool: "contacts", median: 18_000, sigma: 70, step: 1000, credit: true},
				{name: "settlement", kind: KindSettlement, pool: "acquirers", median: 18_000, sigma: 60, step: 1, credit: true},
				{name: "supplier", kind: KindTransferOut, pool: "suppliers", median: 180_000, sigma: 80, step: 1},
				{name: "client", kind: KindTransferIn, pool: "clients", median: 260_000, sigma: 80, step: 1, credit: true},
				{name: "check out", kind: KindCheck, median: 240_000, sigma: 70, step: 10},
			}},
			"USD": {income: 110_000, step: 1, round: 1000, categories: []category{
				{name: "online", kind: KindCard, pool: "abroad", median: 24_99, sigma: 70, step: 100, below: 1, texts: []string{"COMPRA INTERNACIONAL {party}"}},
				{name: "client", kind: KindTransferIn, pool: "foreign", median: 1_400_00, sigma: 60, step: 1, credit: true},
				{name: "supplier", kind: KindTransferOut, pool: "foreign", median: 900_00, sigma: 60, step: 1},
			}},
		},
		season:   [12]int64{90, 95, 108, 100, 100, 98, 100, 100, 112, 100, 103, 128},
		comments: []string{"", "", "", "", "Almuerzo", "Asado", "Regalo", "Gracias!", "Cuota gimnasio", "Arriendo estacionamiento", "Vuelto"},
		// Bodies of people and companies that nobody has; 44.444.446 is in use at the tax office.
		personID: func(u uint64) string {
			body := 40_000_000 + uint64(below(u, 5_000_000))
			if body == 44_444_446 {
				body++
			}
			return rut(body)
		},
		companyID: func(u uint64) string { return rut(45_000_000 + uint64(below(u, 5_000_000))) },
	}
	for _, m := range l.markets { // each category is on its own: order does not matter
		for i := range m.categories {
			if c := &m.categories[i]; c.pool != "contacts" {
				c.voice = l.poolVoice(c.kind, c.pool, c.texts)
			}
		}
	}
	l.plans = sync.OnceValue(func() map[string]*plan { return compile(l) })
	return l
}
