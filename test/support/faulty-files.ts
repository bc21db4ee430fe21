/** A record that is rejected: its line, its text, and the fields that are at fault, none for the record as a whole. */
export const fault = (line: number, raw: string, ...paths: string[]) => ({ line, raw, paths });

/** Files of every kind with two good records among faulty ones, as CSV rows and as JSON elements. */
export const faultyFiles = {
  'user-status': {
    csv: [
      'user_id,created_at,status',
      'a,2020-01-01,paying',
      '"b,2",2020-13-01,paying',
      ',soon,maybe',
      'c,2020-01-01,cancelled',
      'd,2020-01-01',
    ],
    csvFaults: [
      fault(3, '"b,2",2020-13-01,paying', 'created_at'),
      fault(4, ',soon,maybe', 'user_id', 'created_at', 'status'),
      fault(6, 'd,2020-01-01', ''),
    ],
    json: [
      '{"user_id": 1, "created_at": "2020-01-01", "status": "paying"}',
      '{"user_id": true, "created_at": 1577836800, "status": ["paying"]}',
      '{"user_id": "c", "created_at": "2020-01-01T00:00:00+02:00", "status": "cancelled"}',
      '{}',
    ],
    jsonFaults: [
      ['user_id', 'created_at', 'status'],
      ['user_id', 'created_at', 'status'],
    ],
  },
  'excluded-users': {
    csv: [
      'user_id,reason,to,from,action',
      'a,,,,',
      'b,"bot, old",2020-01-01,2020-01-02,',
      ',bot,soon,never,maybe',
      'a,back,,,include',
      'c,back,2020-01-01,,include',
    ],
    csvFaults: [
      fault(3, 'b,"bot, old",2020-01-01,2020-01-02,', 'to'),
      fault(4, ',bot,soon,never,maybe', 'user_id', 'action', 'from', 'to'),
      fault(6, 'c,back,2020-01-01,,include', 'to'),
    ],
    json: [
      '{"user_id": 1}',
      '{"user_id": null, "from": 1577836800, "reason": ["bot"]}',
      '{"user_id": "1", "from": "2020-01-01T00:00:00+02:00", "to": null, "reason": " "}',
      '{}',
    ],
    jsonFaults: [['user_id', 'from', 'reason'], ['user_id']],
  },
  'ip-ranges': {
    csv: [
      'start,end,city',
      '10.0.0.0,10.0.0.9,a',
      '10.0.0.9,10.0.0.0,a',
      '10.0.0.0,::1,a',
      '10.0.1.0,10.0.1.9,"b ""c"""',
      '10.0.0.0/8,10.0.0.256,',
    ],
    csvFaults: [
      fault(3, '10.0.0.9,10.0.0.0,a', 'end'),
      fault(4, '10.0.0.0,::1,a', 'end'),
      fault(6, '10.0.0.0/8,10.0.0.256,', 'start', 'end'),
    ],
    json: [
      '{"cidr": "10.0.0.0/8", "city": "a"}',
      '{"cidr": "10.0.0.1/8", "city": "a"}',
      '{"start": "::", "end": "::f", "city": "b"}',
      '{"city": 7}',
    ],
    jsonFaults: [['cidr'], ['city', 'start', 'end']],
  },
  transactions: {
    csv: [
      'click_id,created_at,product_id,product_price,user_id,ip',
      '1,2020-01-01,p,1.50,u,',
      '2,2020-01-01,p,1.1234567,u,10.0.0.01',
      '3,2020-01-01,p,1e3,u,',
      '4,2020-01-01,p,-0.05,u,::1',
      ',,,,,',
    ],
    csvFaults: [
      fault(3, '2,2020-01-01,p,1.1234567,u,10.0.0.01', 'product_price', 'ip'),
      fault(4, '3,2020-01-01,p,1e3,u,', 'product_price'),
      fault(6, ',,,,,', 'click_id', 'user_id', 'created_at', 'product_id', 'product_price'),
    ],
    json: [
      '{"click_id": 1, "created_at": "2020-01-01", "product_id": 1, "product_price": 1e2, "user_id": 1}',
      '{"click_id": null, "created_at": "2020-01-01", "product_id": {}, "product_price": 1e400, "user_id": 1, "ip": 1}',
      '{"click_id": 2, "created_at": "2020-01-01", "product_id": 1, "product_price": "7.10", "user_id": 1, "ip": null}',
      '{"click_id": ""}',
    ],
    jsonFaults: [
      ['click_id', 'product_id', 'product_price', 'ip'],
      ['click_id', 'user_id', 'created_at', 'product_id', 'product_price'],
    ],
  },
};
